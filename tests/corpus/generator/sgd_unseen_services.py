"""The services that only the development part of the embedded corpus has."""

from __future__ import annotations

from tests.corpus.generator.sgd_service import (
    COUNTS,
    DATES,
    FLAG,
    TIMES,
    TOWNS,
    Service,
    Slot,
)

GARDENS = Service(
    "Gardens_1",
    "Public and private gardens that can be visited",
    (
        Slot(
            "town", "Town of the garden", TOWNS, ask="Near which town", tell="near {}"
        ),
        Slot(
            "garden_name",
            "Name of the garden",
            (
                "Foxglove Court",
                "The Walled Acre",
                "Long Pond",
                "Yew Maze",
                "Rose Hollow",
                "Fern Steps",
            ),
            tell="{}",
        ),
        Slot(
            "free_entry",
            "Whether entry is free",
            FLAG,
            closed=True,
            ask="Is the entry free",
            tell="with free entry",
        ),
        Slot(
            "phone_number",
            "Phone number of the gardeners",
            ("555-0142", "555-0177", "555-0190", "555-0113"),
            ask="Can I have their phone number",
            tell="phone {}",
        ),
        Slot(
            "tour_date",
            "Day of the tour",
            kind=DATES,
            ask="Which day would you like",
            tell="on {}",
        ),
        Slot(
            "group_size",
            "Number of visitors",
            COUNTS,
            closed=True,
            ask="How many visitors",
            tell="for {} visitors",
        ),
    ),
    ("FindGarden", "Find a garden near a town", "visit a garden"),
    ("town",),
    ("free_entry",),
    ("garden_name", "town"),
    ("phone_number", "free_entry"),
    ("BookTour", "Book a guided tour of a garden", "have a guided tour"),
    ("garden_name", "tour_date"),
    {"group_size": "2"},
)
REPAIRS = Service(
    "Repairs_1",
    "People who mend things",
    (
        Slot(
            "device",
            "What is to be mended",
            ("radio", "bicycle", "clock", "toaster"),
            closed=True,
            ask="What is broken",
            tell="for a {}",
        ),
        Slot(
            "town",
            "Town of the repairer",
            TOWNS,
            ask="Which town are you in",
            tell="in {}",
        ),
        Slot(
            "repairer_name",
            "Name of the repairer",
            ("Dina Holm", "Otis Varga", "Selma Brandt", "Nils Farrow", "Petra Quill"),
            tell="{}",
        ),
        Slot(
            "average_rating",
            "Rating by customers",
            ("3.90", "4.20", "4.50", "4.80"),
            ask="How is it rated",
            tell="rated {}",
        ),
        Slot(
            "visit_date",
            "Day of the appointment",
            kind=DATES,
            ask="Which day works for you",
            tell="on {}",
        ),
        Slot(
            "visit_time",
            "Time of the appointment",
            kind=TIMES,
            ask="At what time",
            tell="at {}",
        ),
    ),
    ("FindRepairer", "Find somebody who mends a device", "have something mended"),
    ("device", "town"),
    (),
    ("repairer_name", "average_rating"),
    ("average_rating",),
    ("BookRepair", "Make an appointment with a repairer", "make an appointment"),
    ("repairer_name", "visit_date", "visit_time"),
)
