"""Search a controller from Python, then call it like a function."""

import wann_rt as wr

controller = wr.search(
    "cartpole-swingup",
    preset="minimal",
    seed=3,
    population=128,
    generations=40,
    on_generation=lambda g: print(f"generation {g.generation:3d}  best {g.best:4.0f}  champion {g.champion:4.0f}"),
)
print(f"{controller.network.n_connections} connections, shared weight {controller.weight.values[0]:.2f}")

observation = [0.0, 0.0, -1.0, 0.0, 0.0]  # x, x_dot, cos(theta), sin(theta), theta_dot: the pole hangs
print("force:", controller(observation))
wr.save(controller, "champion.json")
print("wrote champion.json")
