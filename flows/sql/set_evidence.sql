-- Store the evidence of a verdict anew.
UPDATE verdict SET evidence = $evidence WHERE ladder_id = $ladder_id;
