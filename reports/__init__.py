"""Pages from the warehouse: an atlas of all ladders and one page a ladder, static and self-contained; see ``site``."""
