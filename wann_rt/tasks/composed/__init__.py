"""A task under conditions: what disturbs it and prices it is composed around its ``step``."""
