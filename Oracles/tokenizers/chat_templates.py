"""What transformers' apply_chat_template makes of conversations: python chat_templates.py.

Writes Tests/Goldens/tokenizers/chat_templates.json: `templates`, `cases` (a template, messages and settings, and the
text or that the template refuses) and `snippets` (parts of the language one by one, and what they write). SmolLM2's
template is its own (Apache-2.0); the others are ours, with the constructs of the families they are named after.
"""
import datetime
import json
import pathlib

import jinja2
import tokenizers
import transformers
from tokenizers import Tokenizer, models
from transformers import PreTrainedTokenizerFast
from transformers.utils import chat_template_utils

GOLDENS = pathlib.Path(__file__).resolve().parents[2] / "Tests/Goldens/tokenizers"
NOW = datetime.datetime(2024, 7, 26, 15, 4, 9)
SPECIAL = {"bos_token": "<s>", "eos_token": "</s>"}


class Clock(datetime.datetime):
    @classmethod
    def now(cls, zone=None):
        return NOW


chat_template_utils.datetime = Clock

SMOLLM2 = (
    "{% for message in messages %}{% if loop.first and messages[0]['role'] != 'system' %}{{ '<|im_start|>system\n"
    "You are a helpful AI assistant named SmolLM, trained by Hugging Face<|im_end|>\n' }}{% endif %}"
    "{{'<|im_start|>' + message['role'] + '\n' + message['content'] + '<|im_end|>' + '\n'}}{% endfor %}"
    "{% if add_generation_prompt %}{{ '<|im_start|>assistant\n' }}{% endif %}"
)
GEMMA = """{{ bos_token }}
{%- if messages[0]['role'] == 'system' -%}
    {%- if messages[0]['content'] is string -%}
        {%- set opening = messages[0]['content'] + '\n\n' -%}
    {%- else -%}
        {%- set opening = messages[0]['content'][0]['text'] + '\n\n' -%}
    {%- endif -%}
    {%- set turns = messages[1:] -%}
{%- else -%}
    {%- set opening = "" -%}
    {%- set turns = messages -%}
{%- endif -%}
{%- for turn in turns -%}
    {%- if (turn['role'] == 'user') != (loop.index0 % 2 == 0) -%}
        {{ raise_exception("Users and models must take turns: user, model, user, ...") }}
    {%- endif -%}
    {%- if (turn['role'] == 'assistant') -%}
        {%- set role = "model" -%}
    {%- else -%}
        {%- set role = turn['role'] -%}
    {%- endif -%}
    {{ '<start_of_turn>' + role + '\n' + (opening if loop.first else "") }}
    {%- if turn['content'] is string -%}
        {{ turn['content'] | trim }}
    {%- elif turn['content'] is iterable -%}
        {%- for part in turn['content'] -%}
            {%- if part['type'] == 'image' -%}
                {{ '<start_of_image>' }}
            {%- elif part['type'] == 'text' -%}
                {{ part['text'] | trim }}
            {%- endif -%}
        {%- endfor -%}
    {%- else -%}
        {{ raise_exception("Content of no known kind") }}
    {%- endif -%}
    {{ '<end_of_turn>\n' }}
{%- endfor -%}
{%- if add_generation_prompt -%}
    {{ '<start_of_turn>model\n' }}
{%- endif -%}
"""
LLAMA = """{{- bos_token }}
{%- if custom_tools is defined %}
    {%- set tools = custom_tools %}
{%- endif %}
{%- if not tools is defined %}
    {%- set tools = none %}
{%- endif %}
{%- if not date_string is defined %}
    {%- if strftime_now is defined %}
        {%- set date_string = strftime_now("%d %b %Y") %}
    {%- else %}
        {%- set date_string = "26 Jul 2024" %}
    {%- endif %}
{%- endif %}
{#- The system message, if there is one #}
{%- if messages[0]['role'] == 'system' %}
    {%- set system_message = messages[0]['content']|trim %}
    {%- set messages = messages[1:] %}
{%- else %}
    {%- set system_message = "" %}
{%- endif %}
{{- "<|start_header_id|>system<|end_header_id|>\\n\\n" }}
{%- if tools is not none %}
    {{- "Environment: ipython\\n" }}
{%- endif %}
{{- "Cutting Knowledge Date: December 2023\\n" }}
{{- "Today Date: " + date_string + "\\n\\n" }}
{%- if tools is not none %}
    {%- for t in tools %}
        {{- t | tojson(indent=4) }}
        {{- "\\n\\n" }}
    {%- endfor %}
{%- endif %}
{{- system_message }}
{{- "<|eot_id|>" }}
{%- for message in messages %}
    {%- if not (message.role == 'ipython' or message.role == 'tool' or 'tool_calls' in message) %}
        {{- '<|start_header_id|>' + message['role'] + '<|end_header_id|>\\n\\n'+ message['content'] | trim + '<|eot_id|>' }}
    {%- elif 'tool_calls' in message %}
        {%- if not message.tool_calls|length == 1 %}
            {{- raise_exception("One call at a time!") }}
        {%- endif %}
        {%- set call = message.tool_calls[0].function %}
        {{- '{"name": "' + call.name + '", "parameters": ' }}{{- call.arguments | tojson }}{{- "}" }}
    {%- endif %}
{%- endfor %}
{%- if add_generation_prompt %}
    {{- '<|start_header_id|>assistant<|end_header_id|>\\n\\n' }}
{%- endif %}
"""
QWEN = """{%- if tools %}
    {{- '<|im_start|>system\\n' }}
    {%- for tool in tools %}
        {{- "\\n" }}
        {{- tool | tojson }}
    {%- endfor %}
    {{- "<|im_end|>\\n" }}
{%- else %}
    {%- if messages[0].role == 'system' %}
        {{- '<|im_start|>system\\n' + messages[0].content + '<|im_end|>\\n' }}
    {%- endif %}
{%- endif %}
{%- set ns = namespace(multi_step_tool=true, last_query_index=messages|length - 1) %}
{%- for message in messages[::-1] %}
    {%- set index = (messages|length - 1) - loop.index0 %}
    {%- if ns.multi_step_tool and message.role == "user" and not(message.content.startswith('<tool_response>') and message.content.endswith('</tool_response>')) %}
        {%- set ns.multi_step_tool = false %}
        {%- set ns.last_query_index = index %}
    {%- endif %}
{%- endfor %}
{%- for message in messages %}
    {%- if (message.role == "user") or (message.role == "system" and not loop.first) %}
        {{- '<|im_start|>' + message.role + '\\n' + message.content + '<|im_end|>' + '\\n' }}
    {%- elif message.role == "assistant" %}
        {%- set content = message.content %}
        {%- set reasoning_content = '' %}
        {%- if message.reasoning_content is defined and message.reasoning_content is not none %}
            {%- set reasoning_content = message.reasoning_content %}
        {%- else %}
            {%- if '</think>' in message.content %}
                {%- set content = message.content.split('</think>')[-1].lstrip('\\n') %}
                {%- set reasoning_content = message.content.split('</think>')[0].rstrip('\\n').split('<think>')[-1].lstrip('\\n') %}
            {%- endif %}
        {%- endif %}
        {%- if loop.index0 > ns.last_query_index %}
            {%- if loop.last or (not loop.last and reasoning_content) %}
                {{- '<|im_start|>' + message.role + '\\n<think>\\n' + reasoning_content.strip('\\n') + '\\n</think>\\n\\n' + content.lstrip('\\n') }}
            {%- else %}
                {{- '<|im_start|>' + message.role + '\\n' + content }}
            {%- endif %}
        {%- else %}
            {{- '<|im_start|>' + message.role + '\\n' + content }}
        {%- endif %}
        {{- '<|im_end|>\\n' }}
    {%- endif %}
{%- endfor %}
{%- if add_generation_prompt %}
    {{- '<|im_start|>assistant\\n' }}
    {%- if enable_thinking is defined and enable_thinking is false %}
        {{- '<think>\\n\\n</think>\\n\\n' }}
    {%- endif %}
{%- endif %}"""
MISTRAL = """{%- macro instruction(text, last=false) -%}
    {%- if last and system is defined %}[INST] {{ system }}\n\n{{ text }}[/INST]{% else %}[INST] {{ text }}[/INST]{% endif -%}
{%- endmacro -%}
{%- if messages[0]["role"] == "system" %}
    {%- set system = messages[0]["content"] %}
    {%- set loop_messages = messages[1:] %}
{%- else %}
    {%- set loop_messages = messages %}
{%- endif %}
{%- set user_messages = loop_messages | selectattr("role", "equalto", "user") | list %}
{%- set ns = namespace(index=0) %}
{%- for message in loop_messages %}
    {%- if not (message.role == "tool" or (message.tool_calls is defined and message.tool_calls is not none)) %}
        {%- if (message["role"] == "user") != (ns.index % 2 == 0) %}
            {{- raise_exception("Roles must alternate: user/assistant/user/assistant/...") }}
        {%- endif %}
        {%- set ns.index = ns.index + 1 %}
    {%- endif %}
{%- endfor %}
{{- bos_token }}
{%- for message in loop_messages %}
    {%- if message["role"] == "user" %}
        {{- instruction(message["content"], last=(message == user_messages[-1])) }}
    {%- elif message["role"] == "assistant" %}
        {{- " " ~ message["content"]|trim ~ eos_token }}
    {%- else %}
        {{- raise_exception("Only user and assistant roles are known, not " ~ message["role"]) }}
    {%- endif %}
{%- endfor %}
"""
BLOCKS = """
  {% for message in messages %}
  {# whose turn it is #}
    {% if loop.first %}
First: {{ message.role | upper }}
    {% elif loop.last %}
Last: {{ message.role | capitalize }}
    {% else %}
Between: {{ loop.index }}/{{ loop.length }} after {{ loop.previtem.role }}
    {% endif %}
  {% generation %}
{{ message.content }}
  {% endgeneration %}
  {% else %}
Nobody spoke.
  {% endfor %}
{%+ if add_generation_prompt %}   >>> {%+ endif +%}

end

"""
TEMPLATES = {
    "smollm2": SMOLLM2, "gemma": GEMMA, "llama": LLAMA, "qwen": QWEN, "mistral": MISTRAL, "blocks": BLOCKS,
}


def said(*texts: str, system: str | None = None) -> list[dict]:
    messages = [{"role": "user" if i % 2 == 0 else "assistant", "content": text} for i, text in enumerate(texts)]
    return ([{"role": "system", "content": system}] if system is not None else []) + messages


CONVERSATIONS = [
    said("Hello"),
    said("안녕하세요. 이 기사를 분류해 주세요.\n기사: 새 반도체 공장이 문을 열었다.", system="너는 분류기다."),
    said("  spaces around \n", "fine ", "\tand again\n\n", system=" be brief "),
    said("1 + 1?", "<think>\nOne and one.\n</think>\n\nTwo.", "And \"2 + 2\"?", "<think>Hm.</think>Four."),
    said("<tool_response>x</tool_response>", "ok"),
    [{"role": "assistant", "content": "I begin"}, {"role": "user", "content": "so?"}],
    [{"role": "user", "content": "a"}, {"role": "user", "content": "b"}],
    [{"role": "user", "content": "a"}, {"role": "judge", "content": "b"}],
    said("", "", "끝 <|im_end|> {{ bos_token }} {% if %}"),
]

# Each is a template; `messages` is said("hi", "yo"), and x, f, d, w, e are set before it.
HEAD = "{% set x = [3, 1, 2] %}{% set f = 2.5 %}{% set d = {'b': 1, 'A': none, 'k': [true, 0.5]} %}{% set w = '  Ab c\tdÉ  ' %}{% set e = '' %}"
SNIPPETS = [
    # Whitespace.
    "a  {{- 1 -}}  b", "a\n  {% if true %}\n  b\n  {% endif %}\nc", "a {% if true -%}\n\n b {%- endif %} c", "a\n{# c #}\nb",
    "a\n   {#- c -#}   b", "  {%+ if true %}x{% endif %}", "x {% if true +%}\ny{% endif %}", "a\r\nb\rc\n", "a\n\n",
    "{{ 'a' }}\n{{ 'b' }}", "  {{ 'a' }}", "{% set q = 1 %}\n  {% set r = 2 %}  \n{{ q + r }}", "{{ {'a': {'b': 1}}['a'] }}",
    "{%- for i in [1, 2] -%}\n {{ i }} \n{%- endfor -%}\n!", "\n\n  {% for i in [1] %}\n    {{ i }}\n  {% endfor %}\n\n",
    # Literals and printing.
    "{{ 1_000 }} {{ 1.50 }} {{ 1e3 }} {{ 2e-7 }} {{ true }} {{ None }} {{ 'a' 'b' }}", r"{{ 'a\tb\n\'\"\\ \x41\u00e9\q' }}", "{{ \"it's\" }}",
    "{{ [1, 'a', \"b'c\", none, true, 2.0, 'q\"', 'é\n'] }}", "{{ (1,) }} {{ (1, 2) }} {{ () }} {{ {} }} {{ {'a': [1], 2: 'x'} }}", "{{ 1, 2 }}",
    "{{ undefined_name }}|{{ d.nope }}|{{ x[9] }}|{{ e.nope }}", "{{ 1e20 }} {{ 123456789012345678 }} {{ 1e16 }} {{ 0.0001 }} {{ 0.00001 }}",
    # Arithmetic, comparison, logic.
    "{{ 7 // 2 }} {{ -7 // 2 }} {{ 7 % 3 }} {{ -7 % 3 }} {{ 7 / 2 }} {{ 2 ** 10 }} {{ 7.5 // 2 }} {{ -7.5 % 2 }} {{ 1 + 2 * 3 - 4 }}",
    "{{ 'a' + 'b' ~ 1 ~ none }} {{ 'ab' * 3 }} {{ [1] + [2] }} {{ 1 + true }}", "{{ 1 < 2 < 3 }} {{ 1 < 3 < 2 }} {{ 'a' < 'b' }} {{ 1 == 1.0 }} {{ true == 1 }} {{ '1' == 1 }}",
    "{{ 'b' in 'abc' }} {{ 4 in x }} {{ 'b' in d }} {{ 1 not in x }} {{ '' in '' }} {{ 'role' in messages[0] }}", "{{ not 1 or 0 }} {{ 0 or 'x' }} {{ 1 and 'y' }} {{ not (1 and 0) }} {{ [] or {} }}",
    "{{ 'y' if x else 'n' }} {{ 'y' if e else 'n' }} [{{ 'y' if e }}]", "{{ -2 ** 2 }} {{ -x[0] }} {{ +f }} {{ (-3)|abs }} {{ -3|abs }}", "{{ 1 if 0 else 2 if 0 else 3 }}", "{{ [1, 2] < [1, 3] }} {{ x == [3, 1, 2] }} {{ d == {'k': [1, 0.5], 'b': 1, 'A': none} }}",
    # Members, parts.
    "{{ d.b }} {{ d['b'] }} {{ d.k[1] }} {{ d.get('z') }} {{ d.get('z', 5) }} {{ d.get('A', 5) }}", "{{ x[0] }} {{ x[-1] }} {{ x[1:] }} {{ x[:-1] }} {{ x[::-1] }} {{ x[0:3:2] }} {{ x[5:] }} {{ x[-9:2] }}",
    "{{ 'héllo'[1] }} {{ 'héllo'[1:3] }} {{ '가나다'[::-1] }} {{ '가나다'[-1] }}", "{{ d.keys() | list }} {{ d.values() | list }} {{ d.items() | list }}", "{% for k, v in d.items() %}{{ k }}={{ v }};{% endfor %}",
    "{{ messages[0].content }} {{ messages[-1]['role'] }} {{ messages[1:][0].content }}", "{% set ns = namespace(a=1, b='x') %}{% set ns.a = ns.a + 1 %}{{ ns.a }}{{ ns.b }}{{ ns.c is defined }}", "{{ x.0 }} {{ (1, 2)[1] }}",
    # Texts.
    "[{{ w.strip() }}] [{{ w.lstrip() }}] [{{ w.rstrip() }}] [{{ 'xxaxx'.strip('x') }}] [{{ 'abcab'.lstrip('ab') }}]", "{{ w.split() }} {{ 'a,b,,c'.split(',') }} {{ 'a,b,c'.split(',', 1) }} {{ 'a,b,c'.rsplit(',', 1) }} {{ ' a  b c '.split(none, 1) }}",
    "{{ w.upper() }}{{ w.lower() }}{{ 'they\\'re ONE tWo-three'.title() }}|{{ 'éCOLE'.capitalize() }}", "{{ 'abc'.startswith('ab') }} {{ 'abc'.endswith(('x', 'c')) }} {{ 'abc'.startswith('') }} {{ 'aXbX'.replace('X', '--') }} {{ 'aXbX'.replace('X', '', 1) }}",
    "{{ 'abcabc'.find('c') }} {{ 'abc'.find('z') }} {{ 'banana'.count('an') }} {{ '-'.join(['a', 'b']) }} {{ '12'.isdigit() }} {{ 'a\nb\r\nc\n'.splitlines() }} {{ 'prefix-x'.removeprefix('prefix-') }} {{ 'x.py'.removesuffix('.py') }}", "{{ x.index(1) }} {{ x.count(3) }}",
    # Filters.
    "[{{ w | trim }}] {{ 'ab' | upper }} {{ 'AB' | lower }} {{ 'hello WORLD foo-bar' | title }} {{ 'hELLO' | capitalize }} [{{ 'xax' | trim('x') }}]", "{{ x | length }} {{ 'é가' | length }} {{ d | length }} {{ x | count }} {{ missing | length }}",
    "{{ missing | default('z') }} {{ e | default('z') }} {{ e | default('z', true) }} {{ none | d('q') }} {{ missing | default }}|", "{{ x | first }} {{ x | last }} {{ [] | first }} {{ 'abc' | first }} {{ 'abc' | last }}", "{{ x | join(', ') }} {{ ['a', 1, none] | join }} {{ messages | join('/', attribute='role') }}",
    "{{ x | sort }} {{ x | sort(reverse=true) }} {{ ['b', 'A', 'c'] | sort }} {{ x | reverse | list }} {{ 'abc' | reverse }} {{ [1, 2, 1] | unique | list }} {{ x | sum }} {{ x | min }} {{ x | max }}",
    "{{ d | items | list }} {{ d | dictsort }} {{ d | list }} {{ 'ab' | list }}", "{{ messages | map(attribute='role') | list }} {{ ['a', 'b'] | map('upper') | join }} {{ messages | map(attribute='z', default='-') | list }}",
    "{{ messages | selectattr('role', 'equalto', 'user') | list | length }} {{ messages | rejectattr('role', 'eq', 'user') | map(attribute='content') | list }} {{ x | select('odd') | list }} {{ x | reject('gt', 1) | list }} {{ [0, 1, ''] | select | list }} {{ messages | selectattr('content') | list | length }}",
    "{{ '3' | int }} {{ 'x' | int }} {{ 'x' | int(7) }} {{ 2.9 | int }} {{ '2.5' | float }} {{ 3 | string }} {{ -4.5 | abs }} {{ '4.7' | int }}", "{{ 'a\nb\n\nc' | indent }}|{{ 'a\nb' | indent(2, true) }}|{{ 'a\n\nb' | indent(2, blank=true) }}|{{ 'a\nb' | indent('>> ') }}", "{{ 'aXb' | replace('X', 'y') }} {{ 'aaa' | replace('a', 'b', 2) }} {{ '<a>' | safe }}",
    "{{ d | tojson }}", "{{ d | tojson(indent=2) }}", "{{ [] | tojson(indent=2) }} {{ {} | tojson }} {{ [1, [2, {'a': 'é\"\\\\/\n\t'}]] | tojson }} {{ 'ü가' | tojson }} {{ 1.0 | tojson }} {{ none | tojson }} {{ {1: true} | tojson }} {{ '\u0007\u007f' | tojson }}", "{{ [{'a': 1, 'b': [2, 3]}] | tojson(indent=4) }}",
    # Tests.
    "{{ x is defined }} {{ y is defined }} {{ y is not defined }} {{ y is undefined }} {{ d.b is defined }} {{ d.zz is defined }}", "{{ none is none }} {{ 1 is none }} {{ 'a' is string }} {{ d is mapping }} {{ x is sequence }} {{ d is sequence }} {{ 'a' is iterable }} {{ 1 is iterable }} {{ 1 is number }} {{ true is number }} {{ true is boolean }} {{ 1 is integer }} {{ true is integer }} {{ f is float }}",
    "{{ true is true }} {{ 1 is true }} {{ false is false }} {{ 3 is odd }} {{ 3 is even }} {{ 9 is divisibleby 3 }} {{ 9 is divisibleby(2) }} {{ 1 is eq 1 }} {{ 1 is ne(1) }} {{ 1 is in [1] }} {{ 'a' is equalto 'a' }} {{ 2 is gt 1 }} {{ 2 is le 1 }} {{ 'ab' is lower }} {{ 'AB' is upper }}", "{{ not x is defined }} {{ x is defined and x | length == 3 }} {{ 1 + 1 is odd }} {{ 'a' is string or y }}", "{{ range is callable }} {{ x is callable }} {{ e is not string }}",
    # Statements.
    "{% for i in range(3) %}{{ loop.index }}{{ loop.index0 }}{{ loop.revindex }}{{ loop.revindex0 }}{{ loop.first }}{{ loop.last }}{{ loop.length }} {% endfor %}", "{% for i in x if i > 1 %}{{ loop.index }}:{{ i }} {% else %}none{% endfor %}", "{% for i in [] %}a{% else %}none{% endfor %}",
    "{% for i in range(10) %}{% if i == 2 %}{% continue %}{% endif %}{% if i == 5 %}{% break %}{% endif %}{{ i }}{% endfor %}", "{% for i in x %}{{ loop.cycle('a', 'b') }}{{ loop.previtem is defined }}{{ loop.nextitem }} {% endfor %}", "{% for a, b in [(1, 2), (3, 4)] %}{{ a }}-{{ b }} {% endfor %}", "{% for (a, b) in [[1, 2]] %}{{ a + b }}{% endfor %}",
    "{% set v = 1 %}{% for i in x %}{% set v = v + i %}{{ v }} {% endfor %}{{ v }}", "{% set v = 1 %}{% if true %}{% set v = 2 %}{% endif %}{{ v }}", "{% set a, b = 1, 2 %}{{ a }}{{ b }}", "{% set t %}x{{ 1 }}\n y{% endset %}[{{ t }}]", "{% set ns = namespace() %}{% for i in x %}{% set ns.s = i %}{% endfor %}{{ ns.s }}",
    "{% macro m(a, b='z', c=none) %}<{{ a }}{{ b }}{{ c }}>{% endmacro %}{{ m(1) }}{{ m(1, 2) }}{{ m(a=1, c=3) }}{{ m() }}", "{% macro up(t) %}{{ t | upper }}{% endmacro %}{% macro twice(t) %}{{ up(t) ~ up(t) }}{% endmacro %}{{ twice('a') }}", "{% macro fact(n) %}{{ n * (fact(n - 1) | int) if n > 1 else 1 }}{% endmacro %}{{ fact(5) }}", "{% set v = 3 %}{% macro m() %}{{ v }}{% endmacro %}{{ m() }}",
    "{% if 0 %}a{% elif 1 %}b{% else %}c{% endif %}{% if '' %}a{% else %}d{% endif %}", "{{ range(2, 8, 3) | list }} {{ range(3, 0, -1) | list }} {{ dict(a=1, b=2) }} {{ range(0) | list }}", "{{ strftime_now('%Y-%m-%d %H:%M:%S %I %p %B %b %A %a %y %-d %%') }}", "{% for c in '가b' %}[{{ c }}]{% endfor %}", "{% for k in d %}{{ k }}{% endfor %}",
    "{{ (x | first) + 1 }} {{ [x | length, 1] }} {{ x[x | length - 1] }} {{ ('a' ~ 'b') | upper ~ 'c' }} {{ 'a' ~ 'b' | upper }}", "{{ bos_token }}{{ eos_token }}{{ pad_token is defined }}", "{{ messages | tojson }}", "{{ tools is none }} {{ documents is none }} {{ add_generation_prompt }}", "{% for m in messages %}{% for y in x %}{{ loop.index }}{% endfor %}{{ loop.index }};{% endfor %}",
    "{% generation %}a{{ 1 }}{% endgeneration %}b", "{{ \"a\nb\" }}{{ '}}' }}{{ '%}' }}{# {{ x }} {% if %} #}!", "{{ 'ab'.replace('a', '') | length }}{{ ' a ' | trim | length }}", "{{ {'a': 1}.items() | list | first | last }}", "{{ d.k is iterable and d.k is not string and d.k is not mapping }}", "{{ 'x' if messages and messages[0].role == 'user' and not messages[0].tool_calls }}",
]


def write() -> None:
    plain = Tokenizer(models.WordLevel({"<s>": 0, "</s>": 1, "<unk>": 2}, unk_token="<unk>"))
    tokenizer = PreTrainedTokenizerFast(tokenizer_object=plain, **SPECIAL)

    def text(template, messages, **settings):
        try:
            return {"text": tokenizer.apply_chat_template(messages, chat_template=template, tokenize=False, **settings)}
        except jinja2.exceptions.TemplateError as error:
            return {"refused": str(error)}

    cases = []
    for name, template in TEMPLATES.items():
        for messages in CONVERSATIONS:
            for adds in (False, True):
                case = {"template": name, "messages": messages, "adds": adds, "switches": {}}
                cases.append(case | text(template, messages, add_generation_prompt=adds))
    off = {"template": "qwen", "messages": CONVERSATIONS[0], "adds": True, "switches": {"enable_thinking": False}}
    cases.append(off | text(QWEN, CONVERSATIONS[0], add_generation_prompt=True, enable_thinking=False))
    snippets = [
        {"source": snippet, **text(HEAD + snippet, said("hi", "yo"), add_generation_prompt=False)} for snippet in SNIPPETS
    ]
    for snippet in snippets:
        if "refused" in snippet:
            raise SystemExit(f"{snippet['source']!r}: {snippet['refused']}")
    path = GOLDENS / "chat_templates.json"
    record = {
        "script": "Oracles/tokenizers/chat_templates.py", "now": NOW.isoformat(), "special": SPECIAL, "head": HEAD,
        "versions": {"jinja2": jinja2.__version__, "transformers": transformers.__version__, "tokenizers": tokenizers.__version__},
        "templates": TEMPLATES, "cases": cases, "snippets": snippets,
    }
    path.write_text(json.dumps(record, ensure_ascii=False, indent=1) + "\n")
    refused = sum("refused" in case for case in cases)
    print(f"{path.name}: {len(cases)} conversations ({refused} refused), {len(snippets)} snippets, {path.stat().st_size} bytes")


write()
