-- Whether anybody can administer; while not, setup is open.
SELECT EXISTS (SELECT FROM users WHERE role = 'admin')
