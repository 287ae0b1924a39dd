"""The vocabulary of the exchange: what the national standards say, and the types that flow between the steps."""
