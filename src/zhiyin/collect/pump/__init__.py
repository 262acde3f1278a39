"""The pump: takes requests from the inbox, in order, and sends what they say down the pipeline.

One transaction takes the requests, writes what they change, notes what the lake must get, and
deletes them: a pump that dies has done nothing. `messages` reads the wire, `taking` finds the
requests, `turning` runs them, `archiving` brings hot events to the lake.
"""
