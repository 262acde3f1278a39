"""The quality of the data: what is missing, wrong, double, contradictory or old, by rule."""
