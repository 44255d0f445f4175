"""The racing car: Gymnasium's physics, a camera that draws nothing, and encoders of what it sees."""
