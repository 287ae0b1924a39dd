"""The columns that a raw archive has beside those of its source."""

LOCATOR = "_locator"  # where the row is in the source
LOCATOR_LENGTH = 512  # characters of a locator that the platform stores
FAULT = "_fault"  # the faults found while the row was read, in the form of `standard.faults`; null where there are none
