"""The corpus's functions about travel, home, food, culture and messages."""

from __future__ import annotations

from tests.corpus.generator.functions import Function
from tests.corpus.generator.functions import Parameter as P

FUNCTIONS: tuple[Function, ...] = (
    Function(
        "get_forecast",
        "weather",
        "Returns the weather forecast for a city.",
        (
            P("city", "str", "Name of the city.", "<city>", ""),
            P("days", "int", "Days to look ahead. Defaults to 3.", "int 2 9", 3),
            P(
                "unit",
                "str, optional",
                "Temperature unit.",
                "[kelvin|celsius]",
                "celsius",
            ),
        ),
        (
            "[check|get] the weather forecast for {city}",
            "tell me the weather in {city} for the next {days} days",
            "show the forecast for {city} in {unit}",
        ),
    ),
    Function(
        "air_quality.index",
        "weather",
        "Looks up the air quality index at a place.",
        (
            P("place", "str", "City or town.", "<city>", "Zürich"),
            P(
                "pollutant",
                "str, optional",
                "Pollutant to report.",
                "[ozone|NO2|PM10]",
                "",
            ),
        ),
        (
            "check the air quality in {place}",
            "find the {pollutant} level in {place}",
        ),
    ),
    Function(
        "sunrise_time",
        "weather",
        "Gives the time of sunrise at the given coordinates.",
        (
            P("latitude", "float", "Latitude in degrees.", "float 1 80"),
            P("longitude", "float", "Longitude in degrees.", "float 1 170"),
        ),
        (
            "get the sunrise time at latitude {latitude} and longitude {longitude}",
            "tell me when the sun rises at {latitude}, {longitude}",
        ),
    ),
    Function(
        "search_flights",
        "travel",
        "Searches flights between two cities.",
        (
            P("origin", "str", "City of departure.", "<city>"),
            P("destination", "str", "City of arrival.", "<country>"),
            P(
                "passengers",
                "int",
                "Number of passengers. Defaults to 1.",
                "int 2 6",
                1,
            ),
            P("nonstop", "bool, optional", "Only direct flights.", "true", False),
        ),
        (
            "find flights from {origin} to {destination}",
            "search [|direct{+nonstop=true} ]flights from {origin} to {destination}",
            "look up flights to {destination} from {origin} for {passengers} people",
        ),
    ),
    Function(
        "hotels.find",
        "travel",
        "Finds hotels in a city by number of stars.",
        (
            P("city", "str", "City to search.", "<city>", "Málaga"),
            P("stars", "int, optional", "Least number of stars.", "int 2 5", 3),
        ),
        (
            "find a hotel in {city}",
            "look for hotels in {city} with at least {stars} stars",
        ),
    ),
    Function(
        "train_timetable",
        "travel",
        "Lists the trains that leave a station.",
        (
            P("station", "str", "Name of the station.", "<town>"),
            P("limit", "int", "Most trains to list. Defaults to 5.", "int 2 12", 5),
        ),
        (
            "list the trains leaving {station}",
            "show the next {limit} trains from {station}",
        ),
    ),
    Function(
        "visa_required",
        "travel",
        "Tells whether citizens of one country need a visa for another.",
        (
            P("citizenship", "str", "Country of the passport.", "<country>"),
            P("country", "str", "Country to visit.", "<country>"),
        ),
        (
            "check whether a citizen of {citizenship} needs a visa for {country}",
            "tell me if I need a visa for {country} with a passport from {citizenship}",
        ),
    ),
    Function(
        "set_thermostat",
        "home",
        "Sets the temperature of a room.",
        (
            P("room", "str", "Room to heat.", "<room>", "living room"),
            P(
                "temperature",
                "float",
                "Target in °C. Defaults to 20.5.",
                "float 15 25",
                20.5,
            ),
        ),
        (
            "set the {room} to {temperature} degrees",
            "heat the {room}",
            "set the thermostat in the {room} to {temperature} °C",
        ),
    ),
    Function(
        "lights.switch",
        "home",
        "Switches the lights of a room on or off.",
        (
            P("room", "str", "Room whose lights to switch.", "<room>"),
            P("on", "bool", "True to switch on, False to switch off.", "true"),
            P("brightness", "int, optional", "Brightness in %.", "int 10 90", 100),
        ),
        (
            "[turn|switch] on the lights in the {room}{+on=true}",
            "[turn|switch] off the {room} lights{+on=false}",
            "set the {room} lights to {brightness} percent{+on=true}",
        ),
    ),
    Function(
        "start_vacuum",
        "home",
        "Starts the robot vacuum in the given rooms.",
        (
            P("rooms", "List[str]", "Rooms to clean.", "strs <room>", []),
            P("quiet", "bool, optional", "Whether to run quietly.", "true", False),
        ),
        (
            "vacuum the {rooms}",
            "[quietly{+quiet=true} |]start the vacuum in the {rooms}",
        ),
    ),
    Function(
        "add_shopping_items",
        "shopping",
        "Adds items to the shopping list.",
        (
            P("items", "List[str]", "Items to add.", "strs <food>"),
            P(
                "list_name",
                "str",
                "List to use. Defaults to 'groceries'.",
                "<list>",
                "groceries",
            ),
        ),
        (
            "add {items} to my shopping list",
            "put {items} on the {list_name} list",
        ),
    ),
    Function(
        "track_parcel",
        "shopping",
        "Returns the status of a parcel.",
        (
            P("tracking_id", "str", "Tracking number.", "<code>"),
            P("carrier", "str, optional", "Name of the carrier.", "<carrier>", ""),
        ),
        (
            "track parcel {tracking_id}",
            "find out where package {tracking_id} from {carrier} is",
        ),
    ),
    Function(
        "search_products",
        "shopping",
        "Searches the shop for products up to a price.",
        (
            P("query", "str", "Product to search for.", "<product>"),
            P(
                "max_price",
                "float, optional",
                "Highest price in €.",
                "float 20 300",
                500.0,
            ),
            P(
                "sort_by",
                "str",
                "Sort order. Defaults to 'price'.",
                "[rating|name]",
                "price",
            ),
        ),
        (
            "find {query} under {max_price} euros",
            "search for {query} sorted by {sort_by}",
            "look for {query} in the shop",
        ),
    ),
    Function(
        "find_recipe",
        "food",
        "Finds recipes for a dish.",
        (
            P("dish", "str", "Name of the dish.", "<dish>", ""),
            P("servings", "int", "Number of servings. Defaults to 4.", "int 2 10", 4),
            P(
                "vegetarian",
                "bool, optional",
                "Only vegetarian recipes.",
                "true",
                False,
            ),
        ),
        (
            "find a recipe for {dish}",
            "get me a [vegetarian{+vegetarian=true} |]recipe for {dish}",
            "find a {dish} recipe for {servings} people",
        ),
    ),
    Function(
        "nutrition_facts",
        "food",
        "Returns the nutrition facts of a food.",
        (
            P("food", "str", "Food to look up.", "<food>"),
            P("grams", "int", "Weight in grams. Defaults to 100.", "int 20 400", 100),
        ),
        (
            "[get|show me] the nutrition facts of {food}",
            "tell me the calories in {grams} grams of {food}",
        ),
    ),
    Function(
        "book_table",
        "food",
        "Books a table at a restaurant.",
        (
            P("restaurant", "str", "Name of the restaurant.", "<restaurant>"),
            P("guests", "int", "Number of guests.", "int 2 12", 2),
            P("time", "str", "Time of day.", "<hour>:[00|30] pm", "8:00 pm"),
        ),
        (
            "book a table at {restaurant} for {guests}",
            "reserve a table at {restaurant} at {time}",
            "book {restaurant} for {guests} guests at {time}",
        ),
    ),
    Function(
        "book_details",
        "culture",
        "Returns details of a book by its title.",
        (
            P("title", "str", "Title of the book.", "<classic>", ""),
            P(
                "language",
                "str, optional",
                "Language of the edition.",
                "<language>",
                "English",
            ),
        ),
        (
            "[look up|get details of] the book '{title}'",
            "find the {language} edition of '{title}'",
        ),
    ),
    Function(
        "museum_hours",
        "culture",
        "Returns the opening hours of museums in a city.",
        (
            P("city", "str", "City of the museums.", "<city>"),
            P("weekday", "str, optional", "Day of the week.", "<weekday>", "Sunday"),
        ),
        (
            "find museum opening hours in {city}",
            "tell me the opening hours of museums in {city} on {weekday}",
        ),
    ),
    Function(
        "similar_artists",
        "culture",
        "Lists artists who resemble the given one.",
        (
            P("artist", "str", "Name of the artist.", "<artist>"),
            P("count", "int", "How many to list. Defaults to 10.", "int 2 20", 10),
        ),
        (
            "[list|find] artists similar to {artist}",
            "name {count} artists who sound like {artist}",
        ),
    ),
    Function(
        "movie_screenings",
        "culture",
        "Lists the screenings of a movie.",
        (
            P("movie", "str", "Title of the movie.", "<silent_film>"),
            P("city", "str", "City of the cinemas.", "<city>", "Oslo"),
        ),
        (
            "find screenings of '{movie}' in {city}",
            "list where the movie '{movie}' is shown",
        ),
    ),
    Function(
        "send_message",
        "office",
        "Sends a short message to a contact.",
        (
            P("recipient", "str", "Name of the contact.", "<friend>"),
            P("text", "str", "Text of the message.", "<message>"),
            P(
                "urgent",
                "bool, optional",
                "Marks the message as urgent.",
                "true",
                False,
            ),
        ),
        (
            "[send|text] {recipient} the message '{text}'",
            "send an urgent{+urgent=true} message to {recipient} saying '{text}'",
        ),
    ),
    Function(
        "calendar.create_event",
        "office",
        "Creates an event in the calendar.",
        (
            P("title", "str", "Title of the event.", "<event>"),
            P("day", "str", "Day of the event.", "<weekday>"),
            P("minutes", "int", "Length in minutes. Defaults to 60.", "int 15 120", 60),
        ),
        (
            "put a {title} in my calendar on {day}",
            "create a calendar event '{title}' for {day} lasting {minutes} minutes",
        ),
    ),
    Function(
        "set_timer",
        "office",
        "Starts a timer.",
        (
            P("minutes", "int", "Minutes until it rings.", "int 2 90"),
            P("label", "str, optional", "Label of the timer.", "<dish>", ""),
        ),
        (
            "set a timer for {minutes} minutes",
            "start a {minutes} minute timer for the {label}",
        ),
    ),
    Function(
        "translate_text",
        "office",
        "Translates a text into another language.",
        (
            P("text", "str", "Text to translate.", "<message>"),
            P("target", "str", "Target language.", "<language>", "French"),
        ),
        (
            "translate '{text}' into {target}",
            "translate the sentence '{text}'",
        ),
    ),
)
