"""Police control (police-control), a second implementation from its page: the base of the family."""

from control_channel import Base64, Party

PARTY = Party(agency=6, coding=Base64())
read, write = PARTY.read, PARTY.write
