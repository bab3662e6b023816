"""An independent Llama in float64 (numpy alone): summed log-probabilities of responses under an exported Hugging Face folder.

usage: exported_policy.py <folder> <rows.jsonl>   rows: {"prompt": [ids], "response": [ids]}; prints one number a row.
"""
import json, math, struct, sys
import numpy as np

folder, rows = sys.argv[1:]
config = json.load(open(folder + "/config.json"))
raw = open(folder + "/model.safetensors", "rb").read()
size = struct.unpack("<Q", raw[:8])[0]
header = json.loads(raw[8:8 + size])
header.pop("__metadata__", None)
weights = {}
for name, tensor in header.items():
    assert tensor["dtype"] == "F32", tensor
    begin, end = (8 + size + offset for offset in tensor["data_offsets"])
    weights[name] = np.frombuffer(raw[begin:end], dtype="<f4").reshape(tensor["shape"]).astype(np.float64)
heads, kv_heads, hidden = config["num_attention_heads"], config["num_key_value_heads"], config["hidden_size"]
width = config.get("head_dim") or hidden // heads


def norm(x, weight):
    return x / np.sqrt((x * x).mean(-1, keepdims=True) + config["rms_norm_eps"]) * weight


def log_probabilities(ids):
    time = len(ids)
    x = weights["model.embed_tokens.weight"][ids]
    angles = np.outer(np.arange(time), config["rope_theta"] ** (-np.arange(0, width, 2) / width))
    cos, sin = (np.concatenate([f(angles)] * 2, -1) for f in (np.cos, np.sin))

    def rotate(t):
        return t * cos + np.concatenate([-t[..., width // 2:], t[..., :width // 2]], -1) * sin

    for i in range(config["num_hidden_layers"]):
        def linear(name, value):
            return value @ weights[f"model.layers.{i}.{name}.weight"].T

        y = norm(x, weights[f"model.layers.{i}.input_layernorm.weight"])
        query, key, value = (
            linear(f"self_attn.{p}_proj", y).reshape(time, n, width).transpose(1, 0, 2)
            for p, n in (("q", heads), ("k", kv_heads), ("v", kv_heads)))
        key, value = rotate(key).repeat(heads // kv_heads, 0), value.repeat(heads // kv_heads, 0)
        scores = rotate(query) @ key.transpose(0, 2, 1) / math.sqrt(width) + np.triu(np.full((time, time), -np.inf), 1)
        scores = np.exp(scores - scores.max(-1, keepdims=True))
        mixed = (scores / scores.sum(-1, keepdims=True)) @ value
        x = x + linear("self_attn.o_proj", mixed.transpose(1, 0, 2).reshape(time, heads * width))
        y = norm(x, weights[f"model.layers.{i}.post_attention_layernorm.weight"])
        gate = linear("mlp.gate_proj", y)
        x = x + linear("mlp.down_proj", gate / (1 + np.exp(-gate)) * linear("mlp.up_proj", y))
    logits = norm(x, weights["model.norm.weight"]) @ weights.get("lm_head.weight", weights["model.embed_tokens.weight"]).T
    most = logits.max(-1, keepdims=True)
    return logits - most - np.log(np.exp(logits - most).sum(-1, keepdims=True))


for line in open(rows):
    row = json.loads(line)
    start = len(row["prompt"])
    logps = log_probabilities(np.array(row["prompt"] + row["response"]))
    print(repr(float(sum(logps[start - 1 + k, token] for k, token in enumerate(row["response"])))))
