"""What generated code costs: bytes, stack and instructions a step, beside other people's generators (``make size``)."""
