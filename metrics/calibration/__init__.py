"""Error rates of the verdict, measured on ladders with known truth."""
