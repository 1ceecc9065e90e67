//! The objects that the runtime itself knows, by oid.
//!
//! Where RefPerSys has an object of the same meaning, the oid is its own, so that its stores join without mapping. A
//! runtime makes the classes of this list when it is made, as transient objects: a store that holds them fills them
//! in, one that does not works all the same, and nothing that a user did not ask for gets into a dump.

use crate::oid::Oid;

/// A class that the runtime makes: its oid, its symbol's oid, its name and its superclass.
pub struct KnownClass {
    /// The class.
    pub class: Oid,
    /// The symbol that names it.
    pub symbol: Oid,
    /// The name.
    pub name: &'static str,
    /// The superclass.
    pub superclass: Oid,
}

macro_rules! known_classes {
    ($($constant:ident $name:literal $class:literal $symbol:literal < $super:ident;)*) => {
        $(
            #[doc = concat!("The class `", $name, "`.")]
            pub const $constant: Oid = Oid::known($class);
        )*

        /// The classes that every runtime has, superclasses first.
        pub const CLASSES: &[KnownClass] = &[
            $(KnownClass { class: $constant, symbol: Oid::known($symbol), name: $name, superclass: $super },)*
        ];
    };
}

known_classes! {
    VALUE "value" "_6XLY6QfcDre02922jz" "_7ZRsf01mtit01xPUei" < VALUE;
    OBJECT "object" "_5yhJGgxLwLp00X0xEQ" "_7X9eGs8601M021nMue" < VALUE;
    CLASS "class" "_41OFI3r0S1t03qdB2E" "_6fmq7pZkmNd03UyPuO" < OBJECT;
    SYMBOL "symbol" "_36I1BY2NetN03WjrOv" "_3Q3hJsSgCDN03GTYW5" < OBJECT;
    NAMED_ATTRIBUTE "named_attribute" "_4pSwobFHGf301Qgwzh" "_7Qfhd0QQzdy03O0jBz" < SYMBOL;
    NAMED_SELECTOR "named_selector" "_0cSUtWqTYdZ00mjeNR" "_28AK5czKyu701KF2lg" < SYMBOL;
    SPACE "space" "_2i66FFjmS7n03HNNBx" "_9uwZtDshW4401x6MsY" < OBJECT;
    NIL "nil_class" "_8BxoiKdJ8q60XZr8T8" "_5dVtnSlaBGz0j5j37J" < VALUE;
    BOOLEAN "boolean" "_6AWOpnkoInn00NzBfm" "_4rv3Kqn2DTx0xkRutu" < VALUE;
    INT "int" "_2A2mrPpR3Qf03p6o5b" "_2SqiFRt6QTI01CPGf1" < OBJECT;
    DOUBLE "double" "_98sc8kSOXV003i86w5" "_1WoBcvgat8T0044rDo" < OBJECT;
    STRING "string" "_62LTwxwKpQ802SsmjE" "_3ppZRdS4dt002ZqydW" < OBJECT;
    SET "set" "_6JYterg6iAu00cV9Ye" "_2PdqOugnnit019JFoX" < OBJECT;
    TUPLE "tuple" "_6NVM7sMcITg01ug5TC" "_5KVs9kaMYiU040KwVj" < OBJECT;
    CLOSURE "closure" "_4jISxMJ4PYU0050nUl" "_0y4kTjRxYdk01uWIhK" < OBJECT;
    INSTANCE "immutable_instance" "_6ulDdOP2ZNr001cqVZ" "_3HfCkVJzEdq042msZp" < OBJECT;
    JSON "json" "_3GHJQW0IIqS01QY8qD" "_7vUmzaAjb2f000BAFb" < OBJECT;
    FUNCTION "function" "_9BnrMLXUhfG00llx8X" "_2ls58Vx5KVm00fEoTt" < OBJECT;
    CORE_FUNCTION "core_function" "_9Gz1oNPCnkB00I6VRS" "_37BVwKYeEW800KchHe" < FUNCTION;
    MUTABLE_SET "mutable_set" "_0J1C39JoZiv03qA2HA" "_3Am8E82pFkw00D7jFU" < OBJECT;
    OBJECT_VECTOR "mutable_object_vector" "_8YknAApDQiF04BDe3W" "_0ZGvUv1c0RR01Mr5VM" < OBJECT;
    VALUE_VECTOR "mutable_value_vector" "_8Iz9vBfs4sl041FiuR" "_6eZvgmNsLPF02YHATN" < OBJECT;
    STRING_DICTIONARY "string_dictionary" "_3FztYBKABxZ02DUPRm" "_9plZLgJOEX302SJf79" < CLASS;
    DICTIONARY "dictionary" "_7hpEn0LAKt20xjGY6d" "_3MQ49TOliKl0r812Nv" < OBJECT;
    STRING_BUFFER "string_buffer" "_7Y3AyF9gNx700bQJXc" "_9FN4WapYGaT01lNhd5" < CLASS;
    OBJECT_MAP "objmap" "_21O0aRqBH0p030SV0R" "_7rBF0a47s2o02ba1yM" < OBJECT;
    ENVIRONMENT "environment" "_5LMLyzRp6kq04AMM8a" "_1NpdAB6W2YQ00XwqeL" < OBJECT_MAP;
    AGENDA "agenda" "_3s7ztCCoJsj04puTdQ" "_69f4MoBCZ5s04zfqiJ" < CLASS;
    TASKLET "tasklet" "_8fYqEw8vTED03wsznt" "_9V4nwGbGLFP00cz0VL" < CLASS;
    RANGE "range" "_5BHMoc5L40z0BANMAA" "_5NPMMcv7FQw04U5K95" < OBJECT;
    ERROR "error" "_2hDN0wMXmtv0fR1DCt" "_5B8GdjrdNuN0ORxbgu" < OBJECT;
    VARIABLE "variable" "_4RGX1EciFuT0jXUPUT" "_1sgVblNpni40P7TLJs" < OBJECT;
}

/// The attribute `name`, which is its own symbol.
pub const NAME: Oid = Oid::known("_1EBVGSfW2m200z18rx");
/// The attribute `comment`.
pub const COMMENT: Oid = Oid::known("_0jdbikGJFq100dgX1n");
/// The attributes of errors, with their names.
pub const ERROR_ATTRIBUTES: [(&str, Oid); 4] = [
    ("code", Oid::known("_1M8mwNrgvDr0vQeJUd")),
    ("message", Oid::known("_1ALfYd7p5gy0EbP2rx")),
    ("hint", Oid::known("_5ErrSCOY1960oJdoLX")),
    ("trace", Oid::known("_2BLAFW76h3Z0H3vb4l")),
];
/// The space that everything of RefPerSys is in.
pub const INITIAL_SPACE: Oid = Oid::known("_8J6vNYtP5E800eCr5q");
/// The symbol `class`, whose value is the class of classes: both name the computed attribute.
pub const CLASS_SYMBOL: Oid = Oid::known("_6fmq7pZkmNd03UyPuO");
/// The symbol `space`, whose value is the class of spaces: both name the computed attribute.
pub const SPACE_SYMBOL: Oid = Oid::known("_9uwZtDshW4401x6MsY");
/// RefPerSys's object for the whole system, which holds the set of constants.
pub const SYSTEM: Oid = Oid::known("_1Io89yIORqn02SXx4p");
/// The attribute of the system object that holds the set of constants.
pub const CONSTANT: Oid = Oid::known("_2aNcYqKwdDR01zp0Xp");
