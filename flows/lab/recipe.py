"""Numbers of the training recipe, apart from the code that needs torch."""

ROWS_PER_STEP = 43
"""Rows of packed text in one optimiser step."""

WARM_UP_STEPS = 150
WEIGHT_DECAY = 0.05
GRADIENT_CLIP = 1.0
FINAL_LEARNING_RATE_SHARE = 0.05
"""The cosine ends at this share of the peak learning rate."""
