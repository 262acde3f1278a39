-- Parsed order lines of one file, before the decisions that need all of them.
CREATE TABLE staged (
    row_number BIGINT, order_number VARCHAR, customer_ref VARCHAR, ts_us BIGINT, sku VARCHAR,
    product_name VARCHAR, quantity BIGINT, unit_price DECIMAL(18, 4), amount DECIMAL(18, 4),
    service VARCHAR, country VARCHAR, currency VARCHAR, email VARCHAR, phone VARCHAR,
    member_card VARCHAR, unsold BOOLEAN, was VARCHAR,
    digest UHUGEINT  -- of the whole row as it came
);
