"""Files attached to records of any room: taken in, looked through, kept, shown and handed out.

What a file is, its bytes say; its name and the sender's word are never believed. Files come out as
attachments only, from a route of their own; pictures are drawn anew before they are shown.
Who may see or change the record may see or change its files (accounts.records). Files that are
imported are not here: those are the collect room's.
"""
