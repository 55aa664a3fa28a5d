"""The sentence patterns of the state-tracking corpus, per intent.

``{slot}`` draws from the list that `KINDS` gives that slot, ``{slot=kind}`` from list
`kind`; ``a(n)`` becomes the article that fits the next word. The slots are the 39 of
SNIPS. `REPEATING` holds patterns in which one slot stands twice, as a few real rows
have it.
"""

from __future__ import annotations

KINDS: dict[str, str] = {
    "entity_name": "title",
    "playlist_owner": "owner",
    "track": "title",
    "album": "title",
    "object_name": "work",
    "movie_name": "film",
    "artist": "artist",
    "timeRange": "moment_ahead",
    "sort": "table_sort",
    "served_dish": "dish",
    "restaurant_name": "restaurant",
    "poi": "landmark",
    "geographic_poi": "park",
    "current_location": "here",
    "condition_description": "sky",
    "condition_temperature": "temperature",
    "spatial_relation": "nearness",
    "party_size_number": "party_number",
    "party_size_description": "company",
    "location_name": "cinema",
    "object_location_type": "house",
    "movie_type": "film_type",
    "rating_value": "rating",
    "best_rating": "rating_ceiling",
    "object_part_of_series_type": "series_type",
    "object_select": "selection",
    "music_item": "one_music_item",
}

VALUE_WORDS: dict[str, tuple[str, ...]] = {
    "owner": ("my", "my", "my", "<friend>'s"),
    "work": ("<title>", "<title>", "<classic>"),
    "film": ("<title>", "<title>", "<silent_film>"),
    "best_sort": ("best", "most popular", "highest rated"),
    "nearest": ("nearest", "closest"),
}

PATTERNS: dict[str, tuple[str, ...]] = {
    "AddToPlaylist": (
        "[please |]add {entity_name} to {playlist_owner} {playlist} playlist",
        "[add|put] {artist=any_artist} [to|on] {playlist_owner} {playlist} playlist",
        "put this {music_item} [on|into] {playlist_owner} {playlist} playlist",
        "add another {music_item} by {artist=any_artist} to {playlist}",
        "I [want|would like] {entity_name} in {playlist_owner} {playlist} playlist",
        "can you add the {music_item} {entity_name} to {playlist}",
        "include {entity_name} by {artist=any_artist} in [the |]{playlist}[ list|]",
        "{playlist_owner} playlist {playlist} needs {entity_name}",
        "save this {music_item} by {artist=any_artist} to {playlist_owner} "
        "{playlist} list",
        "place {entity_name} [in|on] the playlist called {playlist}",
        "let's have some {artist=any_artist} in {playlist_owner} {playlist} playlist",
        "would you put {artist=any_artist} on the {playlist} playlist[ please|]",
        "the {music_item} that is playing belongs in {playlist_owner} {playlist}",
        "add the {artist=person} {music_item} to {playlist}",
        "[please |]move the current {music_item} into {playlist_owner} {playlist} "
        "playlist",
        "I need {artist=any_artist} added to {playlist_owner} list {playlist}",
        "extend {playlist} with {entity_name}[ please|]",
    ),
    "BookRestaurant": (
        "[please |]book a table for {party_size_number} at {restaurant_name}",
        "book a(n) {restaurant_type} in {city} for {party_size_number} {timeRange}",
        "I [want|need] a table for {party_size_description} "
        "at a(n) {restaurant_type} in {state}",
        "find a(n) {cuisine} {restaurant_type} {spatial_relation} {poi}",
        "reserve a spot at {restaurant_name} in {city} {timeRange}",
        "[get|find] us a(n) {restaurant_type} that serves {served_dish} in {country}",
        "make a reservation for {party_size_number} at a(n) {sort} {restaurant_type}",
        "I would like to eat {served_dish} in {city} {timeRange}",
        "book a(n) {restaurant_type} with {facility} in {state} "
        "for {party_size_number} people",
        "we are {party_size_number} and want {cuisine} food in {country}",
        "can you book {restaurant_name} for {party_size_description} {timeRange}",
        "a table for {party_size_number} {spatial_relation} {poi} {timeRange}[ "
        "please|]",
        "reserve the {sort=best_sort} {cuisine} {restaurant_type} in {city}",
        "dinner at {restaurant_name} in {country} for {party_size_description}[ "
        "please|]",
        "find a(n) {sort} {restaurant_type} serving {served_dish} with {facility}",
        "is there a(n) {restaurant_type} with {facility} {spatial_relation} {poi}",
        "book something {spatial_relation=around_here} for {party_size_number} "
        "{timeRange}",
        "I'm looking for {cuisine} cooking in {city=town}, {state}",
    ),
    "GetWeather": (
        "[what's|what is] the weather [like |]in {city} {timeRange=day}",
        "will there be {condition_description} in {city=town}, {state}",
        "is it {condition_temperature} in {country} {timeRange=day}",
        "how {condition_temperature} will it be in {state} {timeRange=day}",
        "[tell me|show me] the forecast for {geographic_poi}[ please|]",
        "weather forecast for {current_location} {timeRange=day}",
        "should I expect {condition_description} at {geographic_poi} {timeRange=day}",
        "do I need an umbrella in {city} {timeRange=day}",
        "when will it be {condition_description=sky_adjective} in {country}",
        "give me the weather {spatial_relation=near_place} {geographic_poi}",
        "is {condition_description} coming to {current_location}",
        "will it get {condition_temperature} {spatial_relation=around_here} "
        "{timeRange=day}",
        "how is the weather [going to be |]at {timeRange=clock} in {city}",
        "what will the weather be {timeRange=day} in {state}",
        "is it {condition_description=sky_adjective} {spatial_relation=near_place} "
        "{city} [now|]",
        "any chance of {condition_description} {timeRange=day} in {country}",
        "tell me if it is {condition_temperature} in {current_location}",
        "what is the weather {current_location=right_here} {timeRange=day}",
        "I'm travelling to {city} {timeRange=day}, check the weather",
        "check the forecast {timeRange=day} {spatial_relation=near_place} "
        "{geographic_poi}, {state}",
    ),
    "PlayMusic": (
        "[please |]play {track} by {artist}",
        "play [some |]{genre} [music |]on {service}",
        "play the album {album}[ by {artist}|]",
        "I [want|would like] to hear {artist} from {year}",
        "[start|open] {service} and play {artist}",
        "play the {sort=music_sort} {music_item=music_items} by {artist}",
        "put on [my|the] {playlist} playlist",
        "play a(n) {genre} playlist[ please|]",
        "let me hear the {music_item=short_item} {track} on {service}",
        "play the {sort=music_sort} {music_item} from {year}",
        "find {music_item=music_items} from {year=decade} on {service}",
        "listen to {album} by {artist}[ on {service}|]",
        "can you play something by {artist}",
        "I'm in the mood for {genre} from {year}",
        "play {playlist}[ on {service}|]",
        "use {service} to play {track}",
        "some {genre} by {artist} please",
        "what about a(n) {music_item=short_item} by {artist} from {year}",
        "shuffle the playlist {playlist} on {service}",
    ),
    "RateBook": (
        "[please |]rate {object_name} {rating_value} out of {best_rating}",
        "give {object_name} {rating_value} {rating_unit}",
        "rate {object_select} {object_type=book_type} {rating_value} {rating_unit}",
        "I give {object_select} {object_type=book_type} {rating_value} out of "
        "{best_rating}",
        "{object_name} deserves {rating_value} of {best_rating} {rating_unit}",
        "[add|save] a rating of {rating_value} {rating_unit} for {object_name}",
        "rate the {object_type=book_type} {object_name} {rating_value} {rating_unit}",
        "{object_select} {object_part_of_series_type} "
        "gets {rating_value} {rating_unit} from me",
        "mark {object_select} {object_part_of_series_type} "
        "{rating_value} out of {best_rating}",
        "I'd say {object_name} is a {rating_value} out of {best_rating}",
        "{rating_value} {rating_unit} for {object_select} {object_type=book_type}",
        "my rating for the {object_select=bare_selection} {object_type=book_type} "
        "is {rating_value}",
        "the {object_part_of_series_type} {object_name} is worth {rating_value} "
        "{rating_unit}",
        "I want to give {object_name} {rating_value} out of {best_rating} "
        "{rating_unit}",
        "score {object_select} {object_type=book_type} "
        "{rating_value} of {best_rating} {rating_unit}",
        "out of {best_rating} {rating_unit}, {object_name} gets {rating_value}",
        "can you rate {object_select} {object_type=book_type} a {rating_value}",
    ),
    "SearchCreativeWork": (
        "[please |]find {object_name}",
        "find the {object_type=screen_work} {object_name}",
        "show me the {object_type=any_work} {object_name}",
        "where can I [buy|get|see] {object_name}",
        "I'm looking for the {object_type=screen_work} called {object_name}",
        "search for {object_name}[ for me|]",
        "look up the {object_type=any_work} {object_name}",
        "can you [get|find] me {object_name}",
        "I want to [watch|play] the {object_type=screen_work} {object_name}",
        "is there a(n) {object_type=any_work} named {object_name}",
        "open the {object_type=any_work} {object_name}[ please|]",
        "have you heard of the {object_type=any_work} {object_name}",
        "I'd like to see {object_name}",
        "bring up {object_name}, the {object_type=screen_work}",
        "help me find a(n) {object_type=any_work} with the title {object_name}",
        "do you know a(n) {object_type=screen_work} called {object_name}",
        "what is {object_name}",
    ),
    "SearchScreeningEvent": (
        "[what time|when] is {movie_name} playing at {location_name}",
        "[show me|find] the {object_type=screenings} for {location_name}",
        "which {movie_type} are on at {location_name} {timeRange=soon}",
        "where can I see {movie_name} {timeRange=soon}",
        "find a(n) {object_location_type} showing {movie_name}",
        "is {movie_name} on at the {spatial_relation=nearest} {object_location_type}",
        "[list|show] {movie_type} {spatial_relation=around_here}",
        "get the {object_type=screenings} for {movie_type} {timeRange=soon}",
        "what {movie_type} can I watch {spatial_relation=around_here} {timeRange=soon}",
        "I want the {object_type=screenings} of {object_location_type=houses} "
        "{spatial_relation=around_here}",
        "does {location_name} show {movie_name}[ {timeRange=soon}|]",
        "at which {object_location_type} is {movie_name} playing",
        "tell me the {object_type=screenings} for {movie_name}",
        "can I see {movie_name} at the {spatial_relation=nearest} "
        "{object_location_type} "
        "{timeRange=soon}",
        "are there any {movie_type} at {location_name}",
        "look for {movie_type} in the {spatial_relation=nearest} "
        "{object_location_type}",
        "I'd like to watch {movie_name} at {location_name}",
        "find {object_type=screenings} {spatial_relation=around_here}[ please|]",
    ),
}

REPEATING: dict[str, tuple[str, ...]] = {
    "AddToPlaylist": (
        "add {artist} and {artist} to {playlist_owner} {playlist} playlist",
    ),
    "BookRestaurant": ("book a(n) {cuisine} or {cuisine} {restaurant_type} in {city}",),
    "GetWeather": (
        "will there be {condition_description} or {condition_description} in {city}",
    ),
    "PlayMusic": ("play {artist} and {artist} on {service}",),
    "RateBook": ("rate {object_name} and {object_name} {rating_value} {rating_unit}",),
    "SearchCreativeWork": ("find {object_name} and {object_name}",),
    "SearchScreeningEvent": (
        "when is {movie_name} or {movie_name} on at {location_name}",
    ),
}
