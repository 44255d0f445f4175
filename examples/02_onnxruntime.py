"""Export a controller to ONNX and run it with onnxruntime in Gymnasium's loop, as a robot would."""

import sys

import gymnasium
import numpy as np
import onnxruntime

import wann_rt as wr
import wann_rt.tasks.gym_env  # registers wann_rt/CartPoleSwingUp-v0

controller = wr.load(sys.argv[1] if len(sys.argv) > 1 else "champion.json")
wr.export(controller, out="champion.exact.onnx")  # the exact form: the bits that were searched
session = onnxruntime.InferenceSession("champion.exact.onnx", providers=["CPUExecutionProvider"])
print("it says of itself:", session.get_modelmeta().custom_metadata_map["wann_rt.obs_names"])

env = gymnasium.make("wann_rt/CartPoleSwingUp-v0")
observation, _ = env.reset(seed=0)
score, over = 0.0, False
while not over:
    (action,) = session.run(["actions"], {"obs": observation[np.newaxis]})
    assert np.array_equal(action[0], controller(observation))  # bit for bit
    observation, reward, terminated, truncated, _ = env.step(action[0])
    score += float(reward)
    over = terminated or truncated
print(f"score of one episode: {score:.1f}")
