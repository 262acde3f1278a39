-- One verdict a line: the rule that sets it aside, or null. The order of the cases is the order
-- of the rules: a line exported twice is a duplicate whatever else it is.
CREATE TABLE verdicts AS
WITH copies AS (
    SELECT row_number, service, unit_price, quantity, unsold,
        row_number() OVER (PARTITION BY order_number, digest ORDER BY row_number) AS copy,
        quantity < 0 AND regexp_full_match(order_number, '[Cc][0-9]+') AS cancelled
    FROM staged
)
SELECT row_number, cancelled,
    CASE
        WHEN copy > 1 THEN 'duplicate_line'
        WHEN unsold THEN 'order_not_sold'
        WHEN service = 'test' THEN 'test_product'
        WHEN unit_price = 0 AND quantity < 0 AND NOT cancelled THEN 'stock_adjustment'
        WHEN unit_price = 0 THEN 'zero_price'
    END AS rule
FROM copies;
