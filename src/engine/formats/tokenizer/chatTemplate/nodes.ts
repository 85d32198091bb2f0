/** The syntax tree of a template, as the parser of @huggingface/jinja gives it: only the parts that are read here. */
export type Node =
  | { readonly type: "Comment" | "Break" | "Continue" }
  | { readonly type: "If"; test: Node; body: readonly Node[]; alternate: readonly Node[] }
  | {
      readonly type: "For";
      loopvar: Node;
      iterable: Node;
      body: readonly Node[];
      defaultBlock: readonly Node[];
    }
  | { readonly type: "Set"; assignee: Node; value: Node | null; body: readonly Node[] }
  | { readonly type: "Macro"; name: Identifier; args: readonly Node[]; body: readonly Node[] }
  | { readonly type: "FilterStatement"; filter: Node; body: readonly Node[] }
  | { readonly type: "MemberExpression"; object: Node; property: Node; computed: boolean }
  | { readonly type: "CallExpression"; callee: Node; args: readonly Node[] }
  | Identifier
  | { readonly type: "StringLiteral"; value: string }
  | { readonly type: "IntegerLiteral"; value: number }
  | { readonly type: "ArrayLiteral" | "TupleLiteral"; value: readonly Node[] }
  | { readonly type: "ObjectLiteral"; value: ReadonlyMap<Node, Node> }
  | { readonly type: "BinaryExpression"; operator: { readonly value: string }; left: Node; right: Node }
  | { readonly type: "UnaryExpression"; operator: { readonly value: string }; argument: Node }
  | { readonly type: "FilterExpression"; operand: Node; filter: Node }
  | { readonly type: "TestExpression"; operand: Node; negate: boolean; test: Identifier }
  | { readonly type: "SelectExpression"; lhs: Node; test: Node }
  | { readonly type: "Ternary"; condition: Node; trueExpr: Node; falseExpr: Node }
  | { readonly type: "SliceExpression"; start?: Node; stop?: Node; step?: Node }
  | { readonly type: "KeywordArgumentExpression"; key: Identifier; value: Node }
  /** Refused by name where they stand. */
  | { readonly type: "FloatLiteral" | "CallStatement" | "SpreadExpression" | "KeywordSpreadExpression" };

export interface Identifier {
  readonly type: "Identifier";
  readonly value: string;
}
