-- Loses the saved mappings; files are read by the usual names of their headers again.
DROP TABLE upload_mappings;
