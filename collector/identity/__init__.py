"""Who is who: certificates that the clinic's authority signs, for whom, until when, and which of them hold no more.

``certificates`` signs, ``issued`` remembers what was signed, ``codes`` lets an instrument enrol once, ``enrolment`` and
``renewal`` answer instruments, ``revocation`` takes certificates back, ``peer`` tells the services who is asking.
"""
