"""The corpus's functions about money, units, mathematics, text, sport and health."""

from __future__ import annotations

from tests.corpus.generator.functions import Function
from tests.corpus.generator.functions import Parameter as P

FUNCTIONS: tuple[Function, ...] = (
    Function(
        "convert_currency",
        "money",
        "Converts an amount of money into another currency.",
        (
            P("amount", "float", "Amount to convert.", "float 5 900"),
            P("source", "str", "Currency code to convert from.", "<currency>", "EUR"),
            P(
                "target",
                "str",
                "Currency code to convert to.",
                "<other_currency>",
                "USD",
            ),
        ),
        (
            "convert {amount} {source} to {target}",
            "change {amount} {source} into {target}",
            "exchange {amount} {source}",
        ),
    ),
    Function(
        "loan_payment",
        "money",
        "Calculates the monthly payment of a loan.",
        (
            P("principal", "int", "Amount borrowed.", "int 1000 90000"),
            P("rate", "float", "Yearly rate in percent.", "float 1 9"),
            P("years", "int", "Duration. Defaults to 20.", "int 2 30", 20),
        ),
        (
            "compute the monthly payment for a loan of {principal} at {rate} percent",
            "calculate the payment on {principal} over {years} years at {rate} percent",
        ),
    ),
    Function(
        "stock_price",
        "money",
        "Returns the price of a share by its ticker symbol.",
        (
            P("symbol", "str", "Ticker symbol.", "<ticker>", "XKLD"),
            P("exchange", "str, optional", "Code of the exchange.", "<exchange>", ""),
        ),
        (
            "get the stock price of {symbol}",
            "look up {symbol} on the {exchange} exchange",
        ),
    ),
    Function(
        "split_bill",
        "money",
        "Splits a bill among several people, with a tip.",
        (
            P("total", "float", "Sum of the bill.", "float 20 400"),
            P("people", "int", "Number of people.", "int 2 9", 2),
            P("tip", "float, optional", "Tip in percent.", "float 5 20", 12.5),
        ),
        (
            "split a bill of {total} among {people} people",
            "divide {total} between {people} friends with a tip of {tip} percent",
        ),
    ),
    Function(
        "convert_length",
        "units",
        "Converts a length from one unit to another.",
        (
            P("value", "float", "Length to convert.", "float 1 500"),
            P("from_unit", "str", "Unit of the value.", "<length>"),
            P(
                "to_unit",
                "str",
                "Unit wanted. Defaults to 'metres'.",
                "<other_length>",
                "metres",
            ),
        ),
        (
            "convert {value} {from_unit} to {to_unit}",
            "express {value} {from_unit} in {to_unit}",
        ),
    ),
    Function(
        "convert_temperature",
        "units",
        "Converts degrees Celsius to another scale.",
        (
            P("celsius", "float", "Temperature in °C.", "float 1 99"),
            P(
                "scale",
                "str, optional",
                "Scale wanted.",
                "[kelvin|fahrenheit]",
                "fahrenheit",
            ),
        ),
        (
            "convert {celsius} degrees celsius to {scale}",
            "tell me what {celsius} °C is in {scale}",
        ),
    ),
    Function(
        "local_time",
        "units",
        "Returns the local time in a city.",
        (
            P("city", "str", "Name of the city.", "<city>", ""),
            P("seconds", "bool, optional", "Whether to give seconds.", "true", False),
        ),
        (
            "tell me the time in {city}",
            "get the current time in {city}[ with seconds{+seconds=true}|]",
        ),
    ),
    Function(
        "mean_of",
        "mathematics",
        "Calculates the mean of a list of numbers.",
        (
            P("numbers", "List[float]", "The numbers.", "floats 1 60"),
            P("digits", "int, optional", "Digits after the point.", "int 3 6", 2),
        ),
        (
            "[compute|find] the mean of {numbers}",
            "average {numbers} to {digits} digits",
        ),
    ),
    Function(
        "sort_numbers",
        "mathematics",
        "Sorts a list of whole numbers.",
        (
            P("numbers", "List[int]", "The numbers to sort.", "ints 1 99"),
            P("descending", "bool, optional", "Largest first.", "true", False),
        ),
        (
            "sort {numbers}[ in descending order{+descending=true}|]",
            "put {numbers} in order",
        ),
    ),
    Function(
        "greatest_common_divisor",
        "mathematics",
        "Finds the greatest common divisor of two whole numbers.",
        (
            P("a", "int", "First number.", "int 6 400"),
            P("b", "int", "Second number.", "int 6 400"),
        ),
        (
            "find the greatest common divisor of {a} and {b}",
            "work out the GCD of {a} and {b}",
        ),
    ),
    Function(
        "geometry.circle_area",
        "mathematics",
        "Calculates the area of a circle.",
        (
            P("radius", "float", "Radius of the circle.", "float 1 40"),
            P("pi", "float", "Value of pi to use.", "float 3 3", 3.14159),
        ),
        (
            "[calculate|find] the area of a circle with radius {radius}",
            "tell me how large a circle of radius {radius} is",
        ),
    ),
    Function(
        "is_prime",
        "mathematics",
        "Tells whether a whole number is prime.",
        (P("n", "int", "Number to test.", "int 2 999"),),
        ("check whether {n} is prime", "test if {n} is a prime number"),
    ),
    Function(
        "roll_dice",
        "mathematics",
        "Rolls dice and adds their points up.",
        (
            P("sides", "List[int]", "Sides of each die.", "ints 4 20", [6, 6]),
            P("times", "int, optional", "How often to roll.", "int 2 9", 1),
        ),
        (
            "roll the dice",
            "roll the dice {times} times",
            "roll dice with {sides} sides",
        ),
    ),
    Function(
        "count_words",
        "text",
        "Counts the words of a text.",
        (
            P("text", "str", "Text to count.", "<message>", ""),
            P("min_length", "int", "Shortest word counted.", "int 2 6", 1),
        ),
        (
            "count the words in '{text}'",
            "count the words of at least {min_length} letters in '{text}'",
        ),
    ),
    Function(
        "replace_text",
        "text",
        "Replaces a word in a text.",
        (
            P("text", "str", "Text to change.", "<message>"),
            P("old", "str", "Word to replace.", "<food>"),
            P("new", "str, optional", "Word to put in its place.", "<food>", ""),
        ),
        (
            "replace '{old}' by '{new}' in '{text}'",
            "remove the word '{old}' from '{text}'",
        ),
    ),
    Function(
        "make_password",
        "text",
        "Generates a random password.",
        (
            P("length", "int", "Number of characters. Defaults to 12.", "int 8 32", 12),
            P("symbols", "bool, optional", "Whether to use symbols.", "true", False),
        ),
        (
            "[generate|make] a password[ with symbols{+symbols=true}|]",
            "create a password of {length} characters[ with symbols{+symbols=true}|]",
        ),
    ),
    Function(
        "match_results",
        "sport",
        "Returns the latest results of a team.",
        (
            P("team", "str", "Name of the team.", "<team>"),
            P("season", "int, optional", "Year of the season.", "int 1990 2024", 2024),
        ),
        (
            "get the results of {team}",
            "show how {team} did in {season}",
        ),
    ),
    Function(
        "plan_run",
        "sport",
        "Plans a running route from a place.",
        (
            P("start", "str", "Where the run starts.", "<park>"),
            P(
                "distance_km",
                "float",
                "Length in km. Defaults to 5.0.",
                "float 2 25",
                5.0,
            ),
        ),
        (
            "plan a run of {distance_km} km from {start}",
            "suggest a running route that starts at {start}",
        ),
    ),
    Function(
        "body_mass_index",
        "health",
        "Calculates the body mass index.",
        (
            P("weight", "float", "Weight in kilograms.", "float 45 110"),
            P("height", "float", "Height in metres.", "float 1.5 2"),
        ),
        (
            "work out the BMI for {weight} kg and {height} m",
            "compute the body mass index at {weight} kilograms and {height} metres",
        ),
    ),
    Function(
        "log_water",
        "health",
        "Records a drink in the health diary.",
        (
            P(
                "millilitres",
                "int",
                "Amount in ml. Defaults to 250.",
                "int 100 900",
                250,
            ),
            P("drink", "str, optional", "What was drunk.", "[tea|juice|milk]", "water"),
        ),
        (
            "log {millilitres} ml of {drink}",
            "record that I drank some {drink}",
        ),
    ),
    Function(
        "find_pharmacy",
        "health",
        "Finds pharmacies near a place.",
        (
            P("near", "str", "Place to search around.", "<landmark>"),
            P("radius_km", "float", "Radius in km. Defaults to 2.5.", "float 1 9", 2.5),
        ),
        (
            "find a pharmacy near {near}",
            "look for pharmacies within {radius_km} km of {near}",
        ),
    ),
)
