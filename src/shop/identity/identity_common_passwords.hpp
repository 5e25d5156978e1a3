#pragma once
// The commonest passwords that are long enough to pass the rule of length: keyboard walks, digits, names of months and
// teams, and what people append to "password". Lower case, sorted.
#include <array>
#include <string_view>

namespace caddy::identity {

inline constexpr auto common_passwords = std::to_array<std::string_view>({
    "!@#$%^&*()", "!qaz2wsx#edc", "0000000000", "0123456789", "0147258369", "0987654321", "1111111111",
    "1122334455", "1123581321", "1212121212", "1231231231", "1234512345", "1234567890", "123456789012",
    "1234567890123", "1234567890qwe", "1234567891", "12345678910", "123456789a", "123456789q", "123456qwerty",
    "12345qwert", "1234qwerasdf", "1234qwerty", "1314520520", "1472583690", "147258369147", "147258369a",
    "1593572468", "1a2b3c4d5e", "1q2w3e4r5t", "1q2w3e4r5t6y", "1q2w3e4r5t6y7u", "1qaz!qaz1qaz", "1qaz2wsx3e",
    "1qaz2wsx3edc", "1qaz@wsx3edc", "1qazxsw23edc", "2718281828", "3.14159265", "3141592653", "5201314123",
    "5201314520", "5555555555", "6666666666", "7777777777", "7894561230", "8888888888", "9876543210", "9999999999",
    "a123456789", "a1b2c3d4e5", "aa12345678", "aa123456789", "aaaaaaaaaa", "abc1234567", "abc123abc123",
    "abcd123456", "abcd12345678", "abcdefghij", "abcdefghijk", "abcdefghijklmnop", "admin12345", "admin123456",
    "admin@1234", "admin@12345", "adminadmin", "adminadmin1", "administrator", "administrator1", "anything123",
    "arsenal123", "asd1234567", "asdf1234asdf", "asdfasdfasdf", "asdfghjkl1", "asdfghjkl123", "asdfghjkl;",
    "autumn2025", "autumn2026", "baseball12", "baseball123", "basketball", "basketball1", "batman12345",
    "blink182blink182", "butterfly1", "butterfly123", "caddy-shopping", "caddyshopping", "changeme123",
    "changeme1234", "changemenow", "charlie123", "chelsea123", "chocolate1", "chocolate123", "christmas1",
    "computer12", "computer123", "correct horse battery staple", "correcthorsebatterystaple", "customer123",
    "default123", "dragon12345", "dragonball", "facebook12", "facebook123", "football12", "football123",
    "fortnite123", "google1234", "guest12345", "iloveyou!!", "iloveyou12", "iloveyou123", "iloveyou1234",
    "iloveyou1314", "internet12", "internet123", "jennifer12", "letmein123", "letmein1234", "letmeinnow",
    "li12345678", "linkedin123", "liverpool1", "liverpool123", "manchester", "master12345", "michael123",
    "minecraft1", "minecraft123", "monkey1234", "monkey12345", "mypassword", "mypassword1", "mypassword123",
    "newpassword", "newpassword1", "nothing123", "p@ssw0rd12", "p@ssw0rd123", "p@ssword12", "p@ssword123",
    "pa55word123", "passw0rd12", "passw0rd123", "password!!", "password01", "password1!", "password11",
    "password12", "password123", "password123!", "password1234", "password12345", "password123456", "password2023",
    "password2024", "password2025", "password2026", "passwordpassword", "pokemon123", "pokemon1234", "princess12",
    "princess123", "princess1234", "q123456789", "q1w2e3r4t5", "q1w2e3r4t5y6", "qazwsxedc1", "qazwsxedc123",
    "qazwsxedcrfv", "qq12345678", "qq123456789", "qwer1234asdf", "qwerty!@#$%", "qwerty1234", "qwerty12345",
    "qwerty123456", "qwertyqwerty", "qwertyuiop", "qwertyuiop1", "qwertyuiop123", "root123456", "rootrootroot",
    "samsung123", "samsung1234", "secret1234", "secret12345", "secretsecret", "shadow12345", "shopping123",
    "shoppingcart", "spiderman1", "spiderman123", "spring2025", "spring2026", "starwars12", "starwars123",
    "strawberry", "summer2024", "summer2025", "summer2026", "sunshine12", "sunshine123", "sunshine1234",
    "superman12", "superman123", "test123456", "test1234567", "testing123", "testing1234", "testtesttest",
    "thisismypassword", "toor123456", "trustno1trustno1", "unknown123", "user123456", "wang123456", "welcome123",
    "welcome123!", "welcome1234", "welcome12345", "welcome2024", "welcome2025", "welcome2026", "welcome@123",
    "whatever12", "whatever123", "winter2024", "winter2025", "winter2026", "wo123456789", "woaini1314",
    "woaini1314520", "woaini5201314", "woaiwojia1314", "yourpassword", "zaq12wsxcde3", "zaq1xsw2cde3",
    "zhang123456", "zxcvbnm,./", "zxcvbnm123", "zxcvbnm1234",
});

}  // namespace caddy::identity
