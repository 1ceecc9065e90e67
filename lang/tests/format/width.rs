//! What happens to lines that are too long.

use expect_test::expect;

use crate::check;

#[test]
fn operators() {
    check(
        "let total = first_quarter_of_the_year + second_quarter_of_the_year + third_quarter * (fourth_quarter - 1)",
        expect![[r#"
            let total = first_quarter_of_the_year +
                second_quarter_of_the_year +
                third_quarter * (fourth_quarter - 1)
        "#]],
    );
    check(
        "if first_condition_of_several(a) and second_condition_of_several(b) or not third_condition_of_several(c) { d }",
        expect![[r#"
            if first_condition_of_several(a) and second_condition_of_several(b) or
                not third_condition_of_several(c) {
                d
            }
        "#]],
    );
    check(
        "let a = 1 +\n 2",
        expect![[r#"
        let a = 1 + 2
    "#]],
    );
}

#[test]
fn lists() {
    check(
        "let names = [\"the first of several names\", \"the second of several names\", \"the third of several names\"]",
        expect![[r#"
        let names = [
            "the first of several names",
            "the second of several names",
            "the third of several names",
        ]
    "#]],
    );
    check(
        "let p = new point_in_space { first_coordinate: 1.0, second_coordinate: 2.0, third_coordinate: 3.0000 }",
        expect![[r#"
        let p = new point_in_space {
            first_coordinate: 1.0,
            second_coordinate: 2.0,
            third_coordinate: 3.0000,
        }
    "#]],
    );
    check(
        "print(some_function(\"with a long string argument\", another_argument, yet_another_argument_here, last))",
        expect![[r#"
        print(some_function(
            "with a long string argument",
            another_argument,
            yet_another_argument_here,
            last,
        ))
    "#]],
    );
    check(
        "let matrix = [[100000000000000000, 200000000000000000], [300000000000000000, 400000000000000000], []]",
        expect![[r#"
        let matrix = [
            [100000000000000000, 200000000000000000],
            [300000000000000000, 400000000000000000],
            [],
        ]
    "#]],
    );
}

#[test]
fn functions_and_closures() {
    check(
        "fn long_function_name(parameter_number_one, parameter_number_two, parameter_number_three, number_four) { 1 }",
        expect![[r#"
            fn long_function_name(
                parameter_number_one,
                parameter_number_two,
                parameter_number_three,
                number_four,
            ) {
                1
            }
        "#]],
    );
    check(
        "check(\"that something holds of everything\", || something(first_argument) == everything(second_argument, 3))",
        expect![[r#"
            check(
                "that something holds of everything",
                || something(first_argument) == everything(second_argument, 3),
            )
        "#]],
    );
    check(
        "each_of_the_elements(of_this_sequence, |element| { print(element); log(element); keep_it(element); nil })",
        expect![[r#"
            each_of_the_elements(of_this_sequence, |element| {
                print(element)
                log(element)
                keep_it(element)
                nil
            })
        "#]],
    );
}

#[test]
fn chains() {
    check(
        "let result = some_object.first_method(argument_one).second_method(argument_two).third_method(argument_three)",
        expect![[r#"
            let result = some_object
                .first_method(argument_one)
                .second_method(argument_two)
                .third_method(argument_three)
        "#]],
    );
    check(
        "let result = some_object.first_attribute.second_attribute.third_attribute.method(argument_one, argument_two)",
        expect![[r#"
        let result = some_object.first_attribute.second_attribute.third_attribute.method(
            argument_one,
            argument_two,
        )
    "#]],
    );
    check(
        "numbers.filter(|number| number > the_least_of_them).map(|number| { let square = number * number; square })",
        expect![[r#"
        numbers.filter(|number| number > the_least_of_them).map(|number| {
            let square = number * number
            square
        })
    "#]],
    );
}

#[test]
fn control() {
    check(
        "if the_condition_holds_at_last { the_first_thing_to_do(1, 2) } else { the_second_thing_to_do_instead(3, 4) }",
        expect![[r#"
        if the_condition_holds_at_last {
            the_first_thing_to_do(1, 2)
        } else {
            the_second_thing_to_do_instead(3, 4)
        }
    "#]],
    );
    check(
        "match the_value { 0 | 1 | 2 => \"a few of them\", n: integer if n > 1000 => \"a great many\", _ => \"something else\" }",
        expect![[r#"
        match the_value {
            0 | 1 | 2 => "a few of them"
            n: integer if n > 1000 => "a great many"
            _ => "something else"
        }
    "#]],
    );
    check(
        "class a_class_with_many_attributes { first_attribute, second_attribute, third_attribute, fourth_attribute, fifth }",
        expect![[r#"
        class a_class_with_many_attributes {
            first_attribute, second_attribute, third_attribute, fourth_attribute, fifth
        }
    "#]],
    );
}

#[test]
fn what_cannot_be_broken_stays_long() {
    check(
        "let text = \"a very long string that goes on and on and on and on and on and on and on and on and on and on and on\"",
        expect![[r#"
        let text = "a very long string that goes on and on and on and on and on and on and on and on and on and on and on"
    "#]],
    );
}
