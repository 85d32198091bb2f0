"""
Reads programs as a JSON list on standard input; prints, as a JSON list, what is wrong with each: a syntax error, a name
that nothing defines, or a header that PEP 723 does not allow. Only the standard library: the programs are not run.
"""
import ast
import builtins
import json
import re
import sys
import tomllib

# The regular expression that PEP 723 itself gives.
HEADER = r"(?m)^# /// (?P<type>[a-zA-Z0-9-]+)$\s(?P<content>(^#(| .*)$\s)+)^# ///$"


def names_in(tree):
    """Every name that the program binds anywhere, and every name that it reads."""
    bound, read = set(), {}
    for node in ast.walk(tree):
        if isinstance(node, ast.Name):
            if isinstance(node.ctx, ast.Load):
                read.setdefault(node.id, node.lineno)
            else:
                bound.add(node.id)
        elif isinstance(node, (ast.FunctionDef, ast.ClassDef)):
            bound.add(node.name)
        elif isinstance(node, ast.arg):
            bound.add(node.arg)
        elif isinstance(node, (ast.Import, ast.ImportFrom)):
            bound.update((alias.asname or alias.name).split(".")[0] for alias in node.names)
        elif isinstance(node, ast.ExceptHandler) and node.name:
            bound.add(node.name)
    return bound, read


def problem(program):
    try:
        compile(program, "recipe.py", "exec")
    except SyntaxError as error:
        return f"line {error.lineno}: {error.msg}"
    bound, read = names_in(ast.parse(program))
    for name, line in read.items():
        if name not in bound and not hasattr(builtins, name):
            return f"line {line}: nothing defines {name}"
    blocks = [match for match in re.finditer(HEADER, program) if match.group("type") == "script"]
    if len(blocks) != 1:
        return f"{len(blocks)} headers of type script"
    lines = blocks[0].group("content").splitlines(keepends=True)
    header = tomllib.loads("".join(line[2:] if line.startswith("# ") else line[1:] for line in lines))
    if not all("==" in one for one in header["dependencies"]):
        return f"not pinned: {header['dependencies']}"
    return None


print(json.dumps([problem(program) for program in json.load(sys.stdin)]))
