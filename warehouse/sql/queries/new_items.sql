-- Staged items that the warehouse does not know yet.
SELECT s.* FROM staged_items AS s ANTI JOIN item USING (task_id, item_id);
