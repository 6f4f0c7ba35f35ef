<?php

/** The users, by `name:password`, with the attribute names that the service expects by default. */

$config = [
    'users' => [
        'exampleauth:UserPass',
        'alice:alice-password' => [
            'First' => 'Alice',
            'Last' => 'Example',
            'Email' => 'alice@example.com',
            'Groups' => ['staff', 'editors'],
        ],
        // What a careless service mangles: letters beyond ASCII, and characters that XML escapes.
        'bob:bob-password' => [
            'First' => '山田 "Bob" <b>',
            'Last' => "O'Neill & Søn",
            'Email' => 'bob@example.com',
            'Groups' => ['staff'],
        ],
    ],
];
