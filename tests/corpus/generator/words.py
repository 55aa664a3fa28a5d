"""The word lists of the embedded corpus: names, places, times, things, arguments.

People, titles, playlists and music services are invented for this package or belong to
works in the public domain; cities and countries are real. Lists of twelve words or more
end with words that only held-out sentences use (see `tests.corpus.generator.grammar`).
"""

from __future__ import annotations

# fmt: off
NAMES: dict[str, tuple[str, ...]] = {
    "first": (
        "Ada", "Bruno", "Celia", "Dario", "Elsa", "Felix", "Greta", "Hugo", "Ines",
        "Jonas", "Kamala", "Leo", "Mara", "Nils", "Olga", "Pablo", "Renée", "Søren",
        "Tara", "Ugo", "Vera", "Zoë", "Anouk", "Björn", "Dina", "Emil", "Noor", "Otis",
        "Lucía", "Matteo", "Petra", "Quentin", "Selma",
    ),
    "last": (
        "Abel", "Brandt", "Castell", "Dumont", "Ekman", "Farrow", "Grünwald", "Holm",
        "Ibarra", "Jansen", "Keller", "Lindqvist", "Moreau", "Núñez", "Okafor",
        "Petrov", "Quill", "Rossi", "Sandoval", "Tanaka", "Ullman", "Varga",
        "Wexford", "Yilmaz", "Ashdown", "Bellamy", "Côté", "Drummond", "Eskola",
        "Marchetti", "Thorne", "Winterbourne",
    ),
    "crowd": (
        "Lanterns", "Night Porters", "Paper Kites", "Foxgloves", "Tin Soldiers",
        "Velvet Anchors", "Northern Lights", "Clockmakers", "River Saints",
        "Glass Pilots", "Sunday Drivers", "Copper Moons", "Wandering Pines",
        "Lost Umbrellas",
    ),
    "person": ("<first> <last>",),
    "artist": ("<person>", "<person>", "<person>", "the <crowd>"),
    # Characters that latin-1 lacks; only files in UTF-8 may use them.
    "wide_artist": (
        "Božena Šimková", "Łucja Wróbel", "Şebnem Ağaoğlu", "Jiří Dvořák",
    ),
    "any_artist": ("<artist>", "<artist>", "<artist>", "<artist>", "<wide_artist>"),
    "friend": (
        "Anna", "Ben", "Carla", "Daniel", "Eva", "Frank", "Gina", "Henry", "Julia",
        "Karim", "Laura", "Mike", "Nina", "Paul", "Rosa", "Tom", "Yusuf", "Sven",
    ),
    "adjective": (
        "Silent", "Golden", "Broken", "Distant", "Hidden", "Crimson", "Gentle",
        "Frozen", "Burning", "Hollow", "Restless", "Wild", "Secret", "Forgotten",
        "Silver", "Endless", "Crooked", "Bitter", "Velvet", "Weathered", "Patient",
        "Scarlet", "Drifting", "Brittle",
    ),
    "noun": (
        "Harbour", "Orchard", "River", "Mountain", "Garden", "Mirror", "Lantern",
        "Compass", "Island", "Forest", "Bridge", "Letter", "Window", "Shadow", "Summer",
        "Empire", "Voyage", "Crown", "Winter", "Machine", "Desert", "Feather",
        "Meadow", "Cathedral", "Lighthouse", "Carousel",
    ),
    "title": (
        "The <adjective> <noun>", "<adjective> <noun>", "The <noun> of <place_name>",
        "A(n) <noun> in <month>", "Beyond the <noun>", "<first> and the <noun>",
        "Under a(n) <adjective> <noun>", "The Last <noun>",
    ),
    "place_name": ("Avalon", "Marrowdale", "Thule", "Port Ellery", "Cádiz", "Elsinore"),
    "classic": (
        "Moby Dick", "Middlemarch", "Dracula", "Emma", "Walden", "Frankenstein",
        "The Time Machine", "Little Women", "Treasure Island", "Candide", "The Odyssey",
        "Jane Eyre", "Don Quixote", "Silas Marner", "The Jungle Book", "Bleak House",
        "Great Expectations", "Ivanhoe",
    ),
    "silent_film": (
        "Nosferatu", "Metropolis", "The General", "Safety Last", "The Gold Rush",
        "Faust", "Sunrise", "Sherlock Jr.", "The Lodger", "Wings", "Intolerance",
        "The Kid", "Pandora's Box", "Seventh Heaven",
    ),
    "mood": (
        "Rainy", "Sunny", "Lazy", "Quiet", "Happy", "Late Night", "Early", "Cosy",
        "Slow", "Dreamy", "Bright", "Summer", "Midnight", "Winter", "Mellow", "Loud",
        "Tranquil", "Starry",
    ),
    "moment": (
        "Sunday", "Coffee", "Commute", "Kitchen", "Workout", "Study Hour", "Road Trip",
        "Dinner", "Beach Day", "Garden Party", "Train Ride", "Café", "Piano", "Brunch",
        "Morning", "Fiesta", "Campfire", "Stroll", "Bicycle Tour", "Nap",
    ),
    "playlist": (
        "<mood> <moment>", "<mood> <moment>", "<genre_title> for <moment>",
        "Songs for <first>",
    ),
    "genre_title": ("Jazz", "Blues", "Folk", "Indie", "Soul", "Electro", "Bossa Nova"),
}

PLACES: dict[str, tuple[str, ...]] = {
    "city": (
        "Oslo", "Lisbon", "Geneva", "Boston", "Kyoto", "Nairobi", "Chicago", "Prague",
        "Dublin", "Denver", "Quito", "Hanoi", "Madrid", "Perth", "Seattle", "Vienna",
        "Zürich", "Bogotá", "Málaga", "Bergen", "Austin", "Lagos", "Toronto", "Athens",
        "Phoenix", "Turin", "Ghent", "Santa Fe", "Little Rock", "Odense", "Tallinn",
        "Córdoba", "Savannah", "Windhoek", "Galway",
    ),
    "town": (
        "Millbrook", "Fairview", "Ashford", "Cedar Falls", "Lakewood", "Stonebridge",
        "Maple Grove", "Eastport", "Willow Creek", "Harrow Hill", "Pine Bluff",
        "Clearwater", "Elmhurst", "Graystone",
    ),
    "state": (
        "Texas", "Ohio", "Maine", "Nevada", "Oregon", "Georgia", "Utah", "Iowa",
        "Kansas", "Alabama", "Vermont", "Florida", "New Mexico", "Montana", "Virginia",
        "Idaho", "North Dakota", "Delaware",
    ),
    "country": (
        "Norway", "Portugal", "Kenya", "Japan", "Peru", "Canada", "Vietnam", "Greece",
        "Ireland", "Morocco", "Chile", "Iceland", "Poland", "Ghana", "New Zealand",
        "Mexico", "Estonia", "Uruguay", "Bhutan",
    ),
    "park": (
        "Otter Creek Reserve", "Blackwood Forest", "Lake Merrin", "Cedar Hill Park",
        "Stone Arch Park", "Heron Bay", "Granite Peak", "Mill Pond Gardens",
        "Redwater Canyon", "Fern Valley", "Eagle Point", "Whale Cove", "Cape Sorrel",
        "Amber Falls",
    ),
    "landmark": (
        "the old station", "Cedar Hill Park", "my office", "the town hall",
        "the university", "the river museum", "Union Square", "the harbour",
        "the opera house", "my hotel", "the central library", "the stadium",
        "the botanical garden", "the north gate",
    ),
    "restaurant": (
        "The Copper Pot", "Chez Odile", "Luna Rossa", "The Hungry Heron", "Blue Door",
        "Casa Marisol", "Bistro Marcel", "The Salty Spoon", "Golden Wok",
        "Olive & Thyme",
        "The Red Barn", "Saffron House", "Café Lumière", "Old Mill Kitchen",
        "Pepe's Corner", "The Nutmeg", "Villa Ginepro", "Harbour Lights",
    ),
    "cinema": (
        "the Orpheum", "the Bijou", "Lyric Theatre", "Majestic Cinema", "Royal Palace",
        "the Rialto", "Astra Cinema", "Odeon Square", "Silver Screen", "Harbour Cinema",
        "Paradise Theatre", "Starlight Cinema", "the Alhambra", "Corona Cinemas",
    ),
}

TIMES: dict[str, tuple[str, ...]] = {
    "weekday": (
        "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday",
    ),
    "month": (
        "January", "February", "March", "April", "May", "June", "July", "August",
        "September", "October", "November",
    ),
    "hour": tuple(str(hour) for hour in range(1, 12)),
    "count": ("two", "three", "four", "five", "six", "seven", "eight", "nine", "ten"),
    "ordinal": ("2nd", "3rd", "5th", "8th", "11th", "14th", "20th", "27th"),
    "clock": ("<hour> [am|pm]", "<hour>:[15|30|45] [am|pm]", "noon", "midnight"),
    "day": (
        "today", "tomorrow", "tonight", "this evening", "next <weekday>",
        "on <weekday>", "on <month> <ordinal>", "this weekend", "in <count> days",
    ),
    "moment_ahead": (
        "at <clock>", "in <count> [hours|minutes]", "tomorrow at <clock>",
        "on <weekday> at <clock>", "<day>", "<day>",
    ),
    "soon": ("tonight", "tomorrow", "at <clock>", "this afternoon", "on <weekday>"),
}

THINGS: dict[str, tuple[str, ...]] = {
    "one_music_item": ("song", "track", "tune", "album", "record"),
    "music_items": ("songs", "music", "tracks", "tunes"),
    "short_item": ("song", "track", "tune"),
    "service": (
        "Tonewave", "Larkstream", "Melodino", "Radio Nimbus", "Reedbird", "Deepcast",
        "Vinylbox", "EchoHall", "Pulsefeed", "Cantabile", "Harmonia FM", "Beatlane",
    ),
    "genre": (
        "jazz", "blues", "folk", "techno", "reggae", "soul", "opera", "disco", "funk",
        "indie rock", "bossa nova", "heavy metal", "country", "flamenco", "ska",
        "zydeco",
    ),
    "year": ("19[50|58|63|67|71|76|82|85|89|93|98]", "20[01|04|08|11|15|19|22]"),
    "decade": ("the [fifties|sixties|seventies|eighties|nineties]",),
    "music_sort": ("best", "newest", "latest", "most popular", "top", "greatest"),
    "table_sort": ("top-rated", "popular", "highly rated", "well-known"),
    "restaurant_type": (
        "restaurant", "restaurant", "café", "bistro", "pub", "diner", "grill house",
        "brasserie", "tavern", "wine bar", "seafood place", "canteen",
        "trattoria", "food hall",
    ),
    "cuisine": (
        "Italian", "Thai", "Mexican", "Lebanese", "French", "Japanese", "Turkish",
        "Greek", "Indian", "Korean", "Ethiopian", "Moroccan", "Spanish", "Georgian",
    ),
    "dish": (
        "paella", "ramen", "pizza", "oysters", "tacos", "fish soup", "dumplings",
        "pancakes", "lasagne", "roast duck", "falafel", "crème brûlée", "curry",
        "grilled sardines", "risotto", "goulash", "moussaka",
    ),
    "facility": (
        "parking", "a terrace", "wifi", "outdoor seating", "a fireplace", "live music",
        "a smoking room", "a sea view",
    ),
    "party_number": (
        "two", "three", "four", "five", "six", "seven", "2", "4", "6", "10",
    ),
    "company": (
        "me and <friend>", "my [sister|brother|boss|parents] and me",
        "<friend>, <friend> and me", "<friend> and <friend>", "my [family|team]",
    ),
    "nearness": (
        "near", "close to", "not far from", "next to", "within walking distance of",
    ),
    "around_here": ("nearby", "in the neighbourhood", "close by", "around here"),
    "sky": (
        "rain", "snow", "fog", "a storm", "hail", "wind", "frost", "sunshine",
        "thunder",
        "drizzle", "a blizzard", "sleet",
    ),
    "sky_adjective": (
        "rainy", "foggy", "cloudy", "sunny", "windy", "stormy", "snowy", "humid",
    ),
    "temperature": ("cold", "hot", "warm", "chilly", "freezing", "mild"),
    "here": ("my current location", "my area", "this area", "my town", "this place"),
    "right_here": ("here", "right here"),
    "near_place": ("near", "close to", "not far from", "north of", "south of"),
    "rating": (
        "0", "1", "2", "3", "4", "5", "[zero|one]", "two", "three", "four", "five",
    ),
    "rating_ceiling": ("5", "6", "10", "five", "six", "ten"),
    "rating_unit": ("stars", "points"),
    "book_type": ("book", "novel", "textbook", "essay"),
    "series_type": ("series", "saga", "chronicle", "trilogy"),
    "selection": ("this", "that", "the current", "the previous", "the last"),
    "bare_selection": ("current", "previous", "last"),
    "screen_work": ("movie", "TV show", "TV series", "game", "video game", "trailer"),
    "any_work": (
        "book", "novel", "painting", "album", "song", "photograph", "soundtrack",
    ),
    "screenings": ("movie schedule", "movie times", "showtimes", "schedule"),
    "film_type": (
        "films", "movies", "animated movies", "documentaries", "silent films",
    ),
    "house": ("cinema", "movie theatre", "movie house", "film house"),
    "houses": ("cinemas", "movie theatres", "movie houses"),
}

ARGUMENTS: dict[str, tuple[str, ...]] = {
    "room": ("kitchen", "bedroom", "bathroom", "hallway", "office", "cellar"),
    "food": (
        "apples", "bread", "rice", "oat milk", "carrots", "butter", "lentils", "pears",
        "walnuts", "jalapeños", "spinach",
    ),
    "list": ("party", "holiday", "weekend", "picnic"),
    "code": ("[ZX|QR|KV]<digit><digit><digit>[A|B|C]<digit>",),
    "digit": ("0", "1", "2", "3", "4", "5", "6", "7", "8", "9"),
    "carrier": ("SwiftPost", "Parcelia", "BlueVan", "Kurierdienst Müller"),
    "product": (
        "desk lamps", "running shoes", "tents", "headphones", "rucksacks", "umbrellas",
        "kettles", "bed linen", "chess sets",
    ),
    "language": ("German", "Spanish", "Swahili", "Polish", "Finnish", "Welsh"),
    "message": (
        "I will be late", "see you at noon", "the train is late", "good luck today",
        "happy birthday", "dinner is ready", "où est la gare", "please call me back",
        "bread and butter", "we need apples", "the rice is done", "thank you very much",
    ),
    "event": (
        "team meeting", "dentist visit", "piano lesson", "budget review", "yoga class",
        "phone call with <friend>",
    ),
    "currency": ("CHF", "GBP", "SEK", "PLN", "NOK"),
    "other_currency": ("JPY", "CAD", "INR", "BRL", "KES"),
    "ticker": ("ZORB", "QUIL", "NMBS", "OTTR", "VELA", "FJRD"),
    "exchange": ("Oslo", "Vienna", "Toronto", "Nairobi"),
    "length": ("miles", "feet", "yards", "inches"),
    "other_length": ("kilometres", "centimetres", "furlongs"),
    "team": (
        "the Bergen Otters", "Harrow Rovers", "the Quito Condors", "Ashford United",
        "the Denver Comets", "Real Marrowdale", "Fortuna Elsinore",
    ),
}

# fmt: on
WORDS: dict[str, tuple[str, ...]] = {**NAMES, **PLACES, **TIMES, **THINGS, **ARGUMENTS}
