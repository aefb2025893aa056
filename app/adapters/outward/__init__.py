"""Calls to addresses that users name: they reach the public internet and nothing else."""

from app.adapters.outward.client import Delivered, Fetched, Outward
from app.adapters.outward.rules import Rules

__all__ = ["Delivered", "Fetched", "Outward", "Rules"]
