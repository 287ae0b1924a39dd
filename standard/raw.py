"""What a raw archive has beside the columns of its source."""

LOCATOR = "_locator"  # where the row stands in the source
LOCATOR_LENGTH = 512  # characters; what the platform keeps of one
FAULT = "_fault"  # what the reading itself found wrong with the row, as `standard.faults` writes it; null where nothing
