"""What the screens of this room read: pages of people, one person's record, the population."""
