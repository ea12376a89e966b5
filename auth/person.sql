-- SPDX-License-Identifier: MIT

-- name: PERSON_GET args: user uuid
SELECT user_id, email, name FROM app_members() WHERE user_id = $1;
