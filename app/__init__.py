"""The service: use cases, records, adapters and the web. It traces nothing itself; workers do."""
