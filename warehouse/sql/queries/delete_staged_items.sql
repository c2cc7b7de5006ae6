-- What is known of the staged items.
DELETE FROM item WHERE (task_id, item_id) IN (SELECT task_id, item_id FROM staged_items);
