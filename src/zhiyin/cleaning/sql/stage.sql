INSERT INTO staged SELECT * EXCLUDE (whole), md5_number(whole) FROM batch;
