"""What colleagues say to each other beside a record, and what the product tells each of them.

Comments hang on any record (accounts.records). Notices come from every room: a room registers its
kinds in its notices.py and emits within the transaction of the deed. Rights are asked again when a
notice is shown, so that an old line tells nothing that its reader may no longer know. What leaves
the product (e-mail, push) never names a person.
"""
