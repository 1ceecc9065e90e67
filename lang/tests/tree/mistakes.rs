//! What is no tree, and what is said about it.

use expect_test::expect;

use crate::check;

#[test]
fn what_is_no_tree_is_said_where_it_stands() {
    check(
        r##"let x = new code_name { name: "x" }
        let one = new code_literal { value: 1 }
        fn t(tree) { code.text(tree) }
        t(new code_send { receiver: x, selector: "f", arguments: [one, x] })
        t(new code_send { receiver: x, selector: "f" })
        t(new code_send { receiver: x, selector: "f", arguments: [one, 2] })
        t(new code_send { reciever: x, selector: "f", arguments: [] })
        t(new code_send { receiver: x, selector: "no name", arguments: [] })
        t(new code_send { receiver: x, selector: x, arguments: [] })
        t(new code_name { name: "_x" })
        t(new code_name { name: 3 })
        t(new code_name {})
        t(new code_oid { oid: "_1" })
        t(new code_literal { value: [1] })
        t(new code_literal { value: 1.0 / 0 })
        t(new code_literal { value: -5 })
        t(new code_literal {})
        t(new code_binary { operator: "**", left: x, right: x })
        t(new code_binary { operator: "+", left: x, right: nil })
        t(new code_unary { operator: "+", operand: x })
        t(new code_logical { operator: "xor", left: x, right: x })
        t(new code_assign { target: one, value: x })
        t(new code_function { parameters: ["a"], body: x })
        t(new code_function { parameters: [x], body: new code_block { statements: [] } })
        t(new code_closure { parameters: nil, body: x })
        t(new code_if { condition: x, consequence: new code_block { statements: [] }, alternative: x })
        t(new code_call { callee: new code_let { pattern: x, value: x }, arguments: [] })
        t(new code_let { pattern: x, value: x })
        t(new code_let { pattern: new code_rest_pattern {}, value: x })
        t(new code_let { pattern: new code_tuple_pattern { patterns: [new code_rest_pattern {}, new code_rest_pattern {}] }, value: x })
        t(new code_let { pattern: new code_alternatives_pattern { patterns: [] }, value: x })
        t(new code_let { pattern: new code_instance_pattern { pattern: new code_instance_pattern {}, of_class: "a" }, value: x })
        t(new code_super {})
        t(new code_arm {})
        t(new code_bind_pattern { name: "a" })
        t(new code_chunk { tag: "a b", parts: [] })
        t(new code_chunk { tag: "", parts: ["}", "#"] })
        t(new code_chunk { tag: "", parts: [one] })
        t(new code_class { name: "c", attributes: [], methods: [x] })
        t(new code_class { name: "c", attributes: [], methods: [new code_function { parameters: [], body: new code_block { statements: [] } }] })
        t(new code_try { body: new code_block { statements: [] } })
        t(new code_new { of_class: x, elements: [one, new code_entry { key: one, value: one }] })
        t(new code_node {})
        t(new code_program { statements: [new code_program { statements: [] }] })
        t("x")
        t(nil)
        t(object)
        code.parse("f(")
        code.parse(3)
        code.parse()"##,
        &expect![[r##"
            let x = new code_name { name: "x" }
                x
            let one = new code_literal { value: 1 }
                a new code_literal
            fn t(tree) { code.text(tree) }
                t
            t(new code_send { receiver: x, selector: "f", arguments: [one, x] })
                "x.f(1, x)"
            t(new code_send { receiver: x, selector: "f" })
                code::bad-tree: `code_send.arguments` must be a tuple of expressions, not nil (a `code_send` has the attributes `receiver`, `selector`, `arguments`)
            t(new code_send { receiver: x, selector: "f", arguments: [one, 2] })
                code::bad-tree: `code_send.arguments[1]` must be an expression, not of class int (a value becomes a node by `new code_literal { value: … }`, a name by `new code_name { name: … }`)
            t(new code_send { reciever: x, selector: "f", arguments: [] })
                code::bad-tree: `code_send.receiver` must be an expression, not nil (a `code_send` has the attributes `receiver`, `selector`, `arguments`)
            t(new code_send { receiver: x, selector: "no name", arguments: [] })
                code::bad-tree: `code_send.selector` must be a name or an oid, as a string, not "no name"
            t(new code_send { receiver: x, selector: x, arguments: [] })
                code::bad-tree: `code_send.selector` must be a name or an oid, as a string, not of class code_name
            t(new code_name { name: "_x" })
                code::bad-tree: `code_name.name` must be a name, as a string, not "_x"
            t(new code_name { name: 3 })
                code::bad-tree: `code_name.name` must be a name, as a string, not of class int
            t(new code_name {})
                code::bad-tree: `code_name.name` must be a name, as a string, not nil (a `code_name` has the attributes `name`)
            t(new code_oid { oid: "_1" })
                code::bad-tree: `code_oid.oid` must be an oid, as a string, not "_1"
            t(new code_literal { value: [1] })
                code::bad-tree: `code_literal.value` must be nil, a boolean, a finite number or a string, not of class tuple
            t(new code_literal { value: 1.0 / 0 })
                code::bad-tree: `code_literal.value` must be nil, a boolean, a finite number or a string, not of class double
            t(new code_literal { value: -5 })
                "-5"
            t(new code_literal {})
                "nil"
            t(new code_binary { operator: "**", left: x, right: x })
                code::bad-tree: `code_binary.operator` must be one of == != < <= > >= | & + - * / %, as a string, not "**"
            t(new code_binary { operator: "+", left: x, right: nil })
                code::bad-tree: `code_binary.right` must be an expression, not nil (a `code_binary` has the attributes `operator`, `left`, `right`)
            t(new code_unary { operator: "+", operand: x })
                code::bad-tree: `code_unary.operator` must be "-" or "not", not "+"
            t(new code_logical { operator: "xor", left: x, right: x })
                code::bad-tree: `code_logical.operator` must be "and" or "or", not "xor"
            t(new code_assign { target: one, value: x })
                code::bad-tree: `code_assign.target` must be a `code_name`, an attribute or a component, not of class code_literal
            t(new code_function { parameters: ["a"], body: x })
                code::bad-tree: `code_function.body` must be a `code_block`, not of class code_name
            t(new code_function { parameters: [x], body: new code_block { statements: [] } })
                code::bad-tree: `code_function.parameters[0]` must be a name, as a string, not of class code_name
            t(new code_closure { parameters: nil, body: x })
                code::bad-tree: `code_closure.parameters` must be a tuple of names, not nil (a `code_closure` has the attributes `parameters`, `body`)
            t(new code_if { condition: x, consequence: new code_block { statements: [] }, alternative: x })
                code::bad-tree: `code_if.alternative` must be a `code_block`, a `code_if` or nil, not of class code_name
            t(new code_call { callee: new code_let { pattern: x, value: x }, arguments: [] })
                code::bad-tree: `code_call.callee`: a `code_let` stands among the statements of a block only
            t(new code_let { pattern: x, value: x })
                code::bad-tree: `code_let.pattern` must be a pattern, not a `code_name`
            t(new code_let { pattern: new code_rest_pattern {}, value: x })
                code::bad-tree: `code_let.pattern` can not be a `code_rest_pattern` here
            t(new code_let { pattern: new code_tuple_pattern { patterns: [new code_rest_pattern {}, new code_rest_pattern {}] }, value: x })
                code::bad-tree: `code_let.pattern` has two `code_rest_pattern`s, and one can stand in a tuple
            t(new code_let { pattern: new code_alternatives_pattern { patterns: [] }, value: x })
                code::bad-tree: `code_let.pattern` has no patterns
            t(new code_let { pattern: new code_instance_pattern { pattern: new code_instance_pattern {}, of_class: "a" }, value: x })
                code::bad-tree: `code_instance_pattern.pattern` can not be a `code_instance_pattern` here
            t(new code_super {})
                code::bad-tree: the tree: a `code_super` is the receiver of a send only
            t(new code_arm {})
                code::bad-tree: the tree must be an expression, not a `code_arm`
            t(new code_bind_pattern { name: "a" })
                code::bad-tree: the tree must be an expression, not a `code_bind_pattern`
            t(new code_chunk { tag: "a b", parts: [] })
                code::bad-tree: `code_chunk.tag` must be a word or an empty string, not "a b"
            t(new code_chunk { tag: "", parts: ["}", "#"] })
                code::bad-tree: `code_chunk.parts` can not be written between `#{` and `}#`
            t(new code_chunk { tag: "", parts: [one] })
                code::bad-tree: `code_chunk.parts[0]` must be a string or a `code_name`, not of class code_literal
            t(new code_class { name: "c", attributes: [], methods: [x] })
                code::bad-tree: `code_class.methods[0]` must be a `code_function`, not of class code_name
            t(new code_class { name: "c", attributes: [], methods: [new code_function { parameters: [], body: new code_block { statements: [] } }] })
                code::bad-tree: `code_class.methods[0]` is a method, and has no name
            t(new code_try { body: new code_block { statements: [] } })
                code::bad-tree: `code_try.catch` must be a `code_catch`, not nil (a `code_try` has the attributes `body`, `catch`)
            t(new code_new { of_class: x, elements: [one, new code_entry { key: one, value: one }] })
                code::bad-tree: `code_new.elements` must be of one kind: `code_initializer`s, `code_entry`s or expressions
            t(new code_node {})
                code::bad-tree: the tree must be an expression, not of class code_node (`code.tree(function)` and `code.parse(text)` give trees)
            t(new code_program { statements: [new code_program { statements: [] }] })
                code::bad-tree: `code_program.statements[0]` must be an expression, not a `code_program`
            t("x")
                code::bad-tree: the tree must be an expression, not "x" (`code.tree(function)` and `code.parse(text)` give trees)
            t(nil)
                code::bad-tree: the tree must be an expression, not nil (`code.tree(function)` and `code.parse(text)` give trees)
            t(object)
                code::bad-tree: the tree must be an expression, not of class class (`code.tree(function)` and `code.parse(text)` give trees)
            code.parse("f(")
                syntax::unclosed-paren: the text, line 1: this parenthesis is not closed: `f(` (close it with `)`)
            code.parse(3)
                run::wrong-kind: the text must be a string, not of class int
            code.parse()
                run::arity: `parse` takes 1 argument, not 0 (`:doc parse` shows its parameters)
        "##]],
    );
}

#[test]
fn trees_that_have_no_end_are_refused() {
    check(
        r##"let loop = new code_unary { operator: "not" }
        loop.operand = loop
        code.text(loop)
        let deep = new code_literal { value: 1 }
        for i in 0..300 { deep = new code_unary { operator: "not", operand: deep } }
        code.text(deep)
        let wide = new code_literal { value: 1 }
        for i in 0..60 { wide = new code_binary { operator: "+", left: wide, right: wide } }
        code.text(wide)
        let endless = new code_block {}
        endless.statements = [endless]; nil
        code.walk(endless, |n| n)
        let tuple = [1]
        for i in 0..60 { tuple = [tuple, tuple] }
        code.fill(#{ $x }#, new dict ["x": tuple])
        let nested = [1]
        for i in 0..300 { nested = [nested] }
        code.fill(#{ $x }#, new dict ["x": nested])
        code.parse("2 + 2")"##,
        &expect![[r#"
            let loop = new code_unary { operator: "not" }
                a new code_unary
            loop.operand = loop
                a new code_unary
            code.text(loop)
                code::bad-tree: `code_unary.operand` is a node that this node is a part of (a tree has no cycles)
            let deep = new code_literal { value: 1 }
                a new code_literal
            for i in 0..300 { deep = new code_unary { operator: "not", operand: deep } }
                nil
            code.text(deep)
                code::bad-tree: the tree is nested too deep (make functions of parts of it; a tree has no cycles)
            let wide = new code_literal { value: 1 }
                a new code_literal
            for i in 0..60 { wide = new code_binary { operator: "+", left: wide, right: wide } }
                nil
            code.text(wide)
                code::bad-tree: the tree has too many nodes (make functions of parts of it; a tree has no cycles)
            let endless = new code_block {}
                a new code_block
            endless.statements = [endless]; nil
                nil
            code.walk(endless, |n| n)
                code::bad-tree: the tree is nested too deep (make functions of parts of it; a tree has no cycles)
            let tuple = [1]
                [1]
            for i in 0..60 { tuple = [tuple, tuple] }
                nil
            code.fill(#{ $x }#, new dict ["x": tuple])
                code::bad-tree: the tree has too many nodes (make functions of parts of it; a tree has no cycles)
            let nested = [1]
                [1]
            for i in 0..300 { nested = [nested] }
                nil
            code.fill(#{ $x }#, new dict ["x": nested])
                code::bad-tree: the tree is nested too deep (make functions of parts of it; a tree has no cycles)
            code.parse("2 + 2")
                a code_binary
        "#]],
    );
}
