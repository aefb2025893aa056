"""Learned advice: what a picture is, what each method will make of it, and which to take. No model is ever needed."""
