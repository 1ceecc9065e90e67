//! Statements, blocks, lists and what stands in them, where lines are long enough.

use expect_test::expect;

use crate::check;

#[test]
fn spaces() {
    check(
        "let  x=1+2*-3\nx  =  - x ;p . y=not a==b||!c\nr=0 .. n+1\nf( a,b )[ 0 ]. ( g )\n2 . abs( )\np=>dist( q )=>x()",
        expect![[r#"
            let x = 1 + 2 * -3
            x = -x
            p.y = not a == b || !c
            r = 0..n + 1
            f(a, b)[0].(g)
            2.abs()
            p => dist(q) => x()
        "#]],
    );
    check(
        "|a,b|a*b\n||{}\n| |1\n|x,|x\nfn(x){x}\nfn  f( a,b, ){a}\nnew  point{x:1,y:2}\nnew point{}\nnew dict[\"k\":1]\nnew vector[ 1,2 ]\n(  a  )\n{ 1 }\n[ ]\n{ }",
        expect![[r#"
            |a, b| a * b
            || {}
            || 1
            |x| x
            fn (x) { x }
            fn f(a, b) { a }
            new point { x: 1, y: 2 }
            new point {}
            new dict ["k": 1]
            new vector [1, 2]
            (a)
            {1}
            []
            {}
        "#]],
    );
    check(
        "keep  p  as  q;root p;in space;raise \"x\";new class\nfor[a,..b]in 0..3{break a;continue}\nlet[x,..,y:int]=z\nlet _:string|-1|nil=v",
        expect![[r#"
            keep p as q
            root p
            in space
            raise "x"
            new class
            for [a, ..b] in 0..3 { break a; continue }
            let [x, .., y: int] = z
            let _: string | -1 | nil = v
        "#]],
    );
}

#[test]
fn literals_and_names_stay_as_they_are_written() {
    check(
        "0xFF; 1_000; 1.50e-3; \"a\\u{41}\\n\"; r#\"raw \"x\"\"#; f\"{  a+b }\\{ {f\"{1 }\"}\"; `let`; `x`.`y`; naïve\n#c{ $x   }c#; _; _41OFI3r0S1t03qdB2E",
        expect![[r##"
            0xFF
            1_000
            1.50e-3
            "a\u{41}\n"
            r#"raw "x""#
            f"{  a+b }\{ {f"{1 }"}"
            `let`
            `x`.`y`
            naïve
            #c{ $x   }c#
            _
            _41OFI3r0S1t03qdB2E
        "##]],
    );
    check(
        "let s = \"two\n    lines\" + \"\\\n   continued\"\nif a {\n#{\nchunk\n  }#\n}",
        expect![[r#"
        let s = "two
            lines" + "\
           continued"
        if a {
            #{
        chunk
          }#
        }
    "#]],
    );
    check(
        "\u{feff}a\r\n\"b\r\nc\"\r\n#{ d\r\n }#\r\n",
        expect![[r#"
        a
        "b
        c"
        #{ d
         }#
    "#]],
    );
}

#[test]
fn statements_have_lines_of_their_own() {
    check(
        "a; b;; c\n\n\n\nd\n;e;",
        expect![[r#"
        a
        b
        c

        d
        e
    "#]],
    );
    check(
        "\n\n\na\n\n",
        expect![[r#"
        a
    "#]],
    );
}

/// Words of other languages are names where they can be nothing else, also when they come to begin a line.
#[test]
fn words_of_other_languages_are_names() {
    check(
        "if a {}; elif(b)\nif a {}; elif = b; elseif\nif a {}; elsif[b]; var; x; function",
        expect![[r#"
        if a {}
        elif(b)
        if a {}
        elif = b
        elseif
        if a {}
        elsif[b]
        var
        x
        function
    "#]],
    );
}

#[test]
fn a_block_on_one_line_stays_there() {
    check(
        "if a{b}else if c{d}else{e}\ntry{a}catch e{e.message}\ndo{let a=1;a}\nwhile a{}\nlet f=||{print(1);nil}\nmatch v{0=>1,_=>{2}}\nmatch v{}\nclass a{}\nclass a:b{x,y;z}",
        expect![[r#"
            if a { b } else if c { d } else { e }
            try { a } catch e { e.message }
            do { let a = 1; a }
            while a {}
            let f = || { print(1); nil }
            match v { 0 => 1, _ => { 2 } }
            match v {}
            class a {}
            class a : b { x, y, z }
        "#]],
    );
}

#[test]
fn a_block_on_several_lines_stays_so() {
    check(
        "if a { b\n} else { c }\nif a {} else { b\nc }\nwhile a {\nb }\ntry { a } catch {\n b }\nfor x in y { a;\n b }\nf(|x| {\nx; y\n\n\nz })\nfn f() {\n\n a\n\n}",
        expect![[r#"
            if a {
                b
            } else {
                c
            }
            if a {} else {
                b
                c
            }
            while a {
                b
            }
            try {
                a
            } catch {
                b
            }
            for x in y {
                a
                b
            }
            f(|x| {
                x
                y

                z
            })
            fn f() {
                a
            }
        "#]],
    );
    check(
        "match v { 0 => a,\n 1 | 2 if b => { c\n }, n: int => d; }".replace("; }", " }").as_str(),
        expect![[r#"
        match v {
            0 => a
            1 | 2 if b => {
                c
            }
            n: int => d
        }
    "#]],
    );
}

#[test]
fn lists_stay_as_the_author_has_begun_them() {
    check(
        "[\n1, 2]\n[1,\n 2]\nf(\na)\nnew point {\nx: 1, y: 2 }\nlet [\na, b] = c\nfn f(\na, b) { a }\n[1,\n\n2,\n]\n[\n1,\n\n\n2,\n]",
        expect![[r#"
        [
            1,
            2,
        ]
        [1, 2]
        f(
            a,
        )
        new point {
            x: 1,
            y: 2,
        }
        let [
            a,
            b,
        ] = c
        fn f(
            a,
            b,
        ) {
            a
        }
        [1, 2]
        [
            1,

            2,
        ]
    "#]],
    );
}

#[test]
fn the_last_argument_may_be_broken_alone() {
    check(
        "each(xs, |x| {\nx })\nf([\n1, 2])\nf(1, new point {\nx: 1 })\nf(|x| {\nx }, 1)\nlet a = b + [\n1]\nf(g(h(|| {\na })))\nx = f(a, match b {\n_ => c })",
        expect![[r#"
            each(xs, |x| {
                x
            })
            f([
                1,
                2,
            ])
            f(1, new point {
                x: 1,
            })
            f(
                |x| {
                    x
                },
                1,
            )
            let a = b + [
                1,
            ]
            f(g(h(|| {
                a
            })))
            x = f(a, match b {
                _ => c
            })
        "#]],
    );
}

#[test]
fn chains_of_sends() {
    check(
        "xs\n.map(f)\n.filter(g)\nxs.map(f)\n.len\nxs.map(f).each(|x| {\nx })\nxs.map(|x| {\nx }).each(f)\na.b.c(1)[2](3)\n.d(4).e\na\n.b()\na => b() => c()\na\n=> b()\n=> c()",
        expect![[r#"
            xs
                .map(f)
                .filter(g)
            xs.map(f).len
            xs.map(f).each(|x| {
                x
            })
            xs
                .map(|x| {
                    x
                })
                .each(f)
            a.b
                .c(1)[2](3)
                .d(4).e
            a.b()
            a => b() => c()
            a
                => b()
                => c()
        "#]],
    );
}

#[test]
fn classes() {
    check(
        "class point:object{x,y\nfn dist(o){1}\n\n\nfn b(){\n2}; z\n}\nclass a { x\ny }\nclass b { x, y,\nz }\nclass c { fn d() { 1 } }\nclass e { x, fn f() {}, y, z }",
        expect![[r#"
            class point : object {
                x, y
                fn dist(o) { 1 }

                fn b() {
                    2
                }
                z
            }
            class a {
                x
                y
            }
            class b {
                x, y
                z
            }
            class c {
                fn d() { 1 }
            }
            class e {
                x
                fn f() {}
                y, z
            }
        "#]],
    );
}

#[test]
fn native_functions_have_their_types_beside_them() {
    check(
        "native   fn f ( a:i64,b : [ f64 ] ,)->f64{a}\nnative fn g( # why\n  a: i8,\n b: [u8] # bytes\n) { }\nnative fn with_a_long_name(the_first: f64, the_second: [f64], the_third: [f64], the_fourth: u64) -> f64 { 1.0 }",
        expect![[r#"
            native fn f(a: i64, b: [f64]) -> f64 { a }
            native fn g( # why
                a: i8,
                b: [u8], # bytes
            ) {}
            native fn with_a_long_name(
                the_first: f64,
                the_second: [f64],
                the_third: [f64],
                the_fourth: u64,
            ) -> f64 {
                1.0
            }
        "#]],
    );
}
