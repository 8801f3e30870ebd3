"""The tiny models again as GGUF files, with the names and the row order of llama.cpp's converter.

No tokenizer is written: the files are there for their weights. Their logits are those of the folders' goldens.
"""

import json
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
import gguf  # noqa: E402
import numpy  # noqa: E402
from safetensors.numpy import load_file  # noqa: E402

from common import GOLDENS, report  # noqa: E402

LLAMA_NAMES = {
    "input_layernorm": "attn_norm", "self_attn.q_proj": "attn_q", "self_attn.k_proj": "attn_k",
    "self_attn.v_proj": "attn_v", "self_attn.o_proj": "attn_output", "post_attention_layernorm": "ffn_norm",
    "mlp.gate_proj": "ffn_gate", "mlp.up_proj": "ffn_up", "mlp.down_proj": "ffn_down",
    "self_attn.q_norm": "attn_q_norm", "self_attn.k_norm": "attn_k_norm",
}
GEMMA3_NAMES = LLAMA_NAMES | {
    "post_attention_layernorm": "post_attention_norm", "pre_feedforward_layernorm": "ffn_norm",
    "post_feedforward_layernorm": "post_ffw_norm",
}
# llama.cpp's converter makes Mistral models files of the llama architecture.
ARCHITECTURES = {"mistral": "llama", "gemma3_text": "gemma3"}
GPT2_NAMES = {
    "ln_1": "attn_norm", "attn.c_attn": "attn_qkv", "attn.c_proj": "attn_output", "ln_2": "ffn_norm",
    "mlp.c_fc": "ffn_up", "mlp.c_proj": "ffn_down",
}


def interleaved(rows: numpy.ndarray, heads: int) -> numpy.ndarray:
    """The two coordinates of each rotary pair side by side, as the converter of the llama architecture puts them."""
    return rows.reshape(heads, 2, rows.shape[0] // heads // 2, *rows.shape[1:]).swapaxes(1, 2).reshape(rows.shape)


def layer_name(name: str, start: str, names: dict[str, str]) -> str:
    number, rest = name.removeprefix(start).split(".", 1)
    part, kind = rest.rsplit(".", 1)
    return f"blk.{number}.{names[part]}.{kind}"


def llama(folder: Path, architecture: str, writer: gguf.GGUFWriter, config: dict) -> None:
    writer.add_embedding_length(config["hidden_size"])
    writer.add_feed_forward_length(config["intermediate_size"])
    writer.add_block_count(config["num_hidden_layers"])
    writer.add_context_length(config["max_position_embeddings"])
    writer.add_head_count(config["num_attention_heads"])
    writer.add_head_count_kv(config["num_key_value_heads"])
    writer.add_layer_norm_rms_eps(config["rms_norm_eps"])
    share = config["hidden_size"] // config["num_attention_heads"]
    head_width = config.get("head_dim") or share
    if architecture == "gemma3" or head_width != share:
        writer.add_key_length(head_width)
        writer.add_value_length(head_width)
    if architecture == "gemma3":
        gemma3(writer, config)
    else:
        writer.add_rope_freq_base(config["rope_parameters"]["rope_theta"])
        writer.add_rope_dimension_count(head_width)
    fixed = {
        "model.embed_tokens.weight": "token_embd.weight", "model.norm.weight": "output_norm.weight",
        "lm_head.weight": "output.weight",
    }
    for name, value in sorted(load_file(folder / "model.safetensors").items()):
        if architecture == "llama" and "q_proj" in name:
            value = interleaved(value, config["num_attention_heads"])
        if architecture == "llama" and "k_proj" in name:
            value = interleaved(value, config["num_key_value_heads"])
        if architecture == "gemma3" and name.endswith("norm.weight"):
            value = value + 1
        names = GEMMA3_NAMES if architecture == "gemma3" else LLAMA_NAMES
        writer.add_tensor(fixed.get(name) or layer_name(name, "model.layers.", names), value)


def gemma3(writer: gguf.GGUFWriter, config: dict) -> None:
    """What only Gemma has. Published files leave out the last three, which have fixed values there."""
    far, near = (config["rope_parameters"][kind] for kind in ("full_attention", "sliding_attention"))
    writer.add_rope_freq_base(far["rope_theta"])
    writer.add_rope_scaling_type(gguf.RopeScalingType.LINEAR)
    writer.add_rope_scaling_factor(far["factor"])
    writer.add_sliding_window(config["sliding_window"])
    writer.add_float32("gemma3.rope.freq_base_swa", near["rope_theta"])
    writer.add_uint32("gemma3.attention.sliding_window_pattern", 1 + config["layer_types"].index("full_attention"))
    writer.add_float32("gemma3.attention.scale", config["query_pre_attn_scalar"] ** -0.5)


def gpt2(folder: Path, writer: gguf.GGUFWriter, config: dict) -> None:
    writer.add_embedding_length(config["n_embd"])
    writer.add_feed_forward_length(config.get("n_inner") or 4 * config["n_embd"])
    writer.add_block_count(config["n_layer"])
    writer.add_context_length(config["n_positions"])
    writer.add_head_count(config["n_head"])
    writer.add_layer_norm_eps(config["layer_norm_epsilon"])
    fixed = {
        "wte.weight": "token_embd.weight", "wpe.weight": "position_embd.weight", "ln_f.weight": "output_norm.weight",
        "ln_f.bias": "output_norm.bias",
    }
    for name, value in sorted(load_file(folder / "model.safetensors").items()):
        name = name.removeprefix("transformer.")
        if value.ndim == 2 and name.startswith("h."):
            value = numpy.ascontiguousarray(value.T)
        writer.add_tensor(fixed.get(name) or layer_name(name, "h.", GPT2_NAMES), value)


for name in ["llama", "llama_untied", "mistral_open", "qwen2", "qwen3", "gemma3", "gpt2"]:
    folder = GOLDENS / "models" / name
    config = json.loads((folder / "config.json").read_text())
    path = GOLDENS / "models" / f"{name}.gguf"
    architecture = ARCHITECTURES.get(config["model_type"], config["model_type"])
    writer = gguf.GGUFWriter(path, architecture)
    if architecture == "gpt2":
        gpt2(folder, writer, config)
    else:
        llama(folder, architecture, writer, config)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    report(path)
