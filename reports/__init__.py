"""The reports of a day: each department's page and list for correction, and the city's page."""
