/** As its data: by this the program knows that it was started as the thread of a supervisor. */
export const supervisorThread = 'warden supervisor';
