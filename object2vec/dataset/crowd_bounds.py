"""One program that takes a new id for each of its events: a crowd of ids that came for the same items within
minutes and did nothing else counts up to a bound.

An id with one event is no sign of a program: most visitors of a shop come once. But people come for an item
at other times too, and of those who come at once some look at something else as well. So of a crowd count
* as many ids as `TIMES_USUAL` what the same items drew in their eighth busiest ten minutes, since a rush of
  an hour fills seven,
* or `TIMES_OTHERS` the ids that came for these items in the same minutes and did something else too,
* or `ALWAYS`, whichever is most.
A log that fills fewer windows has no usual traffic, and is not judged. In a log that knows views as well, ids
that bought something are not judged: a purchase is no cheap fake. A crowd of one single second is an import.
A program that takes longer than an hour, or that looks at other items too, is not found; and a rush of people
beyond the bound looks like a program, so of it, too, only so many count.
"""

WINDOW_S = 600
BUSIEST = 7
"""Windows that may be a rush: what is drawn usually is what the next busiest draws."""
TIMES_USUAL = 4
TIMES_OTHERS = 10
ALWAYS = 20
QUARTER_S = 900
"""A time at a whole quarter of an hour, or a second before one, may stand for a day, in any time zone. A
crowd of which half the times are such is not judged."""
