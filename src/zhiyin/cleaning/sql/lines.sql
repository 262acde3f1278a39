SELECT row_number, order_number,
    row_number() OVER (PARTITION BY order_number ORDER BY row_number) AS line_no,
    customer_ref, ts_us, sku, product_name, quantity, unit_price, amount,
    CASE
        WHEN service IS NOT NULL THEN service
        WHEN quantity < 0 THEN 'return'
        ELSE 'sale'
    END AS kind,
    country, currency, email, phone, member_card, was, cancelled
FROM staged JOIN verdicts USING (row_number)
WHERE rule IS NULL
ORDER BY row_number;
