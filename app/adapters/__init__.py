"""How the ports of `app.jobs` are kept in the real world: a database, a disk, a queue."""
