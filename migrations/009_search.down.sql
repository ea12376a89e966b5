-- Loses the words for search (reading again makes them) and the labels' field; labels stay as phrases.
DROP INDEX meeting_facts_unread;
DROP FUNCTION app_fold(text);
DROP FUNCTION app_search(tsquery);
DROP TABLE subject_search;
DROP TEXT SEARCH CONFIGURATION app_english;
DROP TEXT SEARCH CONFIGURATION app_spanish;
DROP TEXT SEARCH CONFIGURATION app_words;
DROP TEXT SEARCH DICTIONARY app_english_stem;
DROP TEXT SEARCH DICTIONARY app_spanish_stem;
