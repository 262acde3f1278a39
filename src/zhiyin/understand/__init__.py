"""What is made of the customers: worth, churn, offers, demand, ways, each with its reasons."""
