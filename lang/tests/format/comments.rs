//! Comments stay where they are.

use expect_test::expect;

use crate::check;

#[test]
fn on_lines_of_their_own() {
    check(
        "# head\n\n\n# next\na\n  # before b\nb\n\n# after all\n\n",
        expect![[r#"
        # head

        # next
        a
        # before b
        b

        # after all
    "#]],
    );
    check(
        "fn f() {\n# first\na\n\n# last\n}\nwhile a { # why\n}\ndo {\n# nothing to do\n}\nclass c {\n# nothing\n}",
        expect![[r#"
        fn f() {
            # first
            a

            # last
        }
        while a { # why
        }
        do {
            # nothing to do
        }
        class c {
            # nothing
        }
    "#]],
    );
    check(
        "#!/usr/bin/env rps\nprint(1)",
        expect![[r#"
        #!/usr/bin/env rps
        print(1)
    "#]],
    );
    check(
        "# only this",
        expect![[r#"
        # only this
    "#]],
    );
}

#[test]
fn behind_code_they_stand_in_columns() {
    check(
        "let a = 1 # one\nlet bcd = 2    # two\n\nlet efghi = 3 # three\nfn f() { # four\na # five\n}",
        expect![[r#"
            let a = 1   # one
            let bcd = 2 # two

            let efghi = 3 # three
            fn f() { # four
                a # five
            }
        "#]],
    );
    let long = "x".repeat(70);
    check(
        &format!("a # a comment that is not short\n{long} # another one"),
        expect![[r#"
        a                                                                      # a comment that is not short
        xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx # another one
    "#]],
    );
}

#[test]
fn between_elements() {
    check(
        "f(a, # one\n b # two\n , c\n # three\n)\nf( # begin\na)\n[\n# first\n1\n# last\n]\n[# none\n]",
        expect![[r#"
        f(
            a, # one
            b, # two
            c,
            # three
        )
        f( # begin
            a,
        )
        [
            # first
            1,
            # last
        ]
        [ # none
        ]
    "#]],
    );
    check(
        "match v {\n# zero\n0 => a # none\n# others\n_ => b, # some\n# end\n}",
        expect![[r#"
        match v {
            # zero
            0 => a # none
            # others
            _ => b # some
            # end
        }
    "#]],
    );
    check(
        "class c { # head\n# the place\nx, y # both\n\n# how far\nfn f() {} # far\n}",
        expect![[r#"
        class c { # head
            # the place
            x, y # both

            # how far
            fn f() {} # far
        }
    "#]],
    );
    check(
        "new p { # one\nx: 1 # two\n, y: 2 }\nnew dict [\n# k\n\"k\": # v\n1]",
        expect![[r#"
        new p { # one
            x: 1, # two
            y: 2,
        }
        new dict [
            # k
            "k": # v
                1,
        ]
    "#]],
    );
}

#[test]
fn within_expressions() {
    check(
        "let a = b + # one\nc * # two\nd",
        expect![[r#"
        let a = b + # one
            c * # two
                d
    "#]],
    );
    check(
        "xs # all\n.map(f) # changed\n# some\n.filter(g)",
        expect![[r#"
        xs # all
            .map(f) # changed
            # some
            .filter(g)
    "#]],
    );
    check(
        "let x = # why\n3\nlet y =\n# because\n4\nnot # really\na",
        expect![[r#"
        let x = # why
            3
        let y =
            # because
            4
        not # really
            a
    "#]],
    );
    check(
        "if a { b } # then\nelse { c }\ntry { a }\n# caught\ncatch e { b }",
        expect![[r#"
        if a {
            b
        } # then
        else {
            c
        }
        try {
            a
        }
        # caught
        catch e {
            b
        }
    "#]],
    );
    check(
        "if a # c\n{ b }\nfor x # c\nin y { z }\nfn f # c\n(a) {}\n|a, # c\nb| a",
        expect![[r#"
        if a # c
            {
            b
        }
        for x # c
            in y {
            z
        }
        fn f # c
            (
            a,
        ) {}
        |a, # c
            b| a
    "#]],
    );
    check(
        "f(a # one # two\n# three\n)",
        expect![[r#"
        f(
            a, # one # two
            # three
        )
    "#]],
    );
}
