"""Control by the police against economic crime (economic-crime-control), a second implementation from its page: the packets of
police-control, with another list of cases."""

from control_channel import Base64, Party

PARTY = Party(agency=6, coding=Base64())
read, write = PARTY.read, PARTY.write
